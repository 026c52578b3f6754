import { render } from 'preact'
import { signal } from '@preact/signals'
import { Bell } from '@roadstead/shared/kernel/bell.ts'
import { systemClock } from '@roadstead/shared/kernel/clock.ts'
import { systemRandom } from '@roadstead/shared/kernel/random.ts'
import type { Connection } from './core/connection.ts'
import { codeOf } from './core/fragment.ts'
import { type Feed, NOTHING_YET } from './core/reduce.ts'
import type { EventPage } from '@roadstead/shared/protocol/http-events.ts'
import { readPast } from './io/past.ts'
import { openLive } from './io/live-socket.ts'
import type { Credential } from './core/sign-in.ts'
import { askForImages, askForVolumes } from './io/stock.ts'
import { checkSession, signIn, signOut } from './io/session.ts'
import { followLive } from './loops/follow-live.ts'
import { signInFirst } from './loops/sign-in-first.ts'
import { App } from './view/app.tsx'

const feed = signal<Feed>(NOTHING_YET)
const connection = signal<Connection>({ kind: 'connecting' })
const sessionAddress = new URL('api/v1/session', document.baseURI)
const apiAddress = new URL('api/v1/', document.baseURI)
const liveAddress = new URL('api/v1/live', document.baseURI)
liveAddress.protocol = liveAddress.protocol === 'https:' ? 'wss:' : 'ws:'

const wake = new Bell()
addEventListener('online', () => wake.ring())
document.addEventListener('visibilitychange', () => wake.ring())

const code = takeCode()
const root = document.querySelector('#page')
if (root !== null) {
  const ask = {
    images: () => dated(askForImages(apiAddress)),
    volumes: () => dated(askForVolumes(apiAddress)),
  }
  const acts = { signIn: signInByHand, signOut: leave, ask, readPast: readEarlier }
  render(<App feed={feed} connection={connection} {...acts} />, root)
}
void begin()

async function dated<List>(asked: Promise<List | undefined>) {
  const list = await asked
  return list && { list, atMs: systemClock.wallMs() }
}

async function begin(): Promise<void> {
  connection.value = await signInFirst({
    code,
    signIn: (credential) => signIn(sessionAddress, credential),
    checkSession: () => checkSession(sessionAddress),
  })
  if (connection.value.kind !== 'signed-out') await follow()
}

function follow(): Promise<void> {
  const never = new AbortController().signal
  return followLive(
    {
      open: (hello, until) => openLive(liveAddress, hello, systemClock, until),
      session: () => checkSession(sessionAddress),
      show(nextFeed, nextConnection) {
        feed.value = nextFeed
        connection.value = nextConnection
      },
      wake,
      clock: systemClock,
      random: systemRandom,
    },
    never,
  )
}

async function signInByHand(credential: Credential): Promise<string> {
  const outcome = await signIn(sessionAddress, credential)
  if (outcome.kind === 'unreachable') return 'The master does not answer. Try again in a moment.'
  if (outcome.kind === 'refused') return outcome.why || 'This token was not accepted.'
  void follow()
  return ''
}

function readEarlier(query: Readonly<Record<string, string>>): Promise<EventPage | undefined> {
  return readPast(new URL('api/v1/events', document.baseURI), query)
}

async function leave(): Promise<void> {
  await signOut(sessionAddress)
  location.reload()
}

/** Takes the code out of the address bar before anything else can see or bookmark it. */
function takeCode(): string | undefined {
  const found = codeOf(location.hash)
  if (found !== undefined) history.replaceState(null, '', location.pathname + location.search)
  return found
}
