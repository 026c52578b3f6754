import { Worker } from 'node:worker_threads'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { type HistoryAnswer, type HistoryCall, historyCalls } from './calls.ts'

type Ask = (call: HistoryCall) => Promise<HistoryAnswer>
type Answered<Did extends HistoryAnswer['did']> = Extract<HistoryAnswer, { did: Did }>
export type Failed = Answered<'fail'>

/** The change log of this master, wherever it runs. A call never throws: what fails says why. */
export class History implements AsyncDisposable {
  readonly #ask: Ask
  readonly #end: () => Promise<void>

  constructor(ask: Ask, end: () => Promise<void> = () => Promise.resolve()) {
    this.#ask = ask
    this.#end = end
  }

  open(call: Call<'open'>): Promise<Answered<'open'> | Failed> {
    return this.#call({ do: 'open', ...call }, 'open')
  }

  write(call: Call<'write'>): Promise<Answered<'write'> | Failed> {
    return this.#call({ do: 'write', ...call }, 'write')
  }

  lose(call: Call<'lose'>): Promise<Answered<'lose'> | Failed> {
    return this.#call({ do: 'lose', ...call }, 'lose')
  }

  retain(call: Call<'retain'>): Promise<Answered<'retain'> | Failed> {
    return this.#call({ do: 'retain', ...call }, 'retain')
  }

  changes(call: Call<'changes'>): Promise<Answered<'changes'> | Failed> {
    return this.#call({ do: 'changes', ...call }, 'changes')
  }

  audit(call: Call<'audit'>): Promise<Answered<'audit'> | Failed> {
    return this.#call({ do: 'audit', ...call }, 'audit')
  }

  moment(call: Call<'moment'>): Promise<Answered<'moment'> | Failed> {
    return this.#call({ do: 'moment', ...call }, 'moment')
  }

  tell(call: Call<'tell'>): Promise<Answered<'tell'> | Failed> {
    return this.#call({ do: 'tell', ...call }, 'tell')
  }

  exchange(call: Call<'exchange'>): Promise<Answered<'exchange'> | Failed> {
    return this.#call({ do: 'exchange', ...call }, 'exchange')
  }

  close(call: Call<'close'>): Promise<Answered<'close'> | Failed> {
    return this.#call({ do: 'close', ...call }, 'close')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#end()
  }

  async #call<Did extends HistoryAnswer['did']>(
    call: HistoryCall,
    did: Did,
  ): Promise<Answered<Did> | Failed> {
    const answer = await this.#ask(call)
    if (isAnswer(answer, did)) return answer
    if (answer.did === 'fail') return answer
    throw new RoadsteadError('internal', { asked: did, answered: answer.did })
  }
}

type Call<Do extends HistoryCall['do']> = Omit<Extract<HistoryCall, { do: Do }>, 'do'>

function isAnswer<Did extends HistoryAnswer['did']>(
  answer: HistoryAnswer,
  did: Did,
): answer is Answered<Did> {
  return answer.did === did
}

/** In this thread: whoever asks waits. For tests, and for measuring. */
export function directHistory(path: string, instance: string): History {
  const answer = historyCalls(path, instance)
  return new History((call) => Promise.resolve(answer(call)))
}

/** In a thread of its own; one that died is started again with the next call. */
export function threadedHistory(path: string, instance: string): History {
  const thread = new Thread(path, instance)
  return new History(
    (call) => thread.ask(call),
    () => thread.end(),
  )
}

class Thread {
  readonly #data: { readonly path: string; readonly instance: string }
  readonly #waiting = new Map<number, (answer: HistoryAnswer) => void>()
  #worker: Worker | undefined
  #last = 0

  constructor(path: string, instance: string) {
    this.#data = { path, instance }
  }

  ask(call: HistoryCall): Promise<HistoryAnswer> {
    const { promise, resolve } = Promise.withResolvers<HistoryAnswer>()
    this.#last += 1
    this.#waiting.set(this.#last, resolve)
    this.#worker ??= this.#start()
    this.#worker.postMessage({ id: this.#last, call })
    return promise
  }

  async end(): Promise<void> {
    await this.#worker?.terminate()
  }

  #start(): Worker {
    const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: this.#data })
    // The log must not keep a process alive that has nothing else to do.
    worker.unref()
    worker.on(
      'message',
      ({ answer, id }: { readonly id: number; readonly answer: HistoryAnswer }) => {
        this.#waiting.get(id)?.(answer)
        this.#waiting.delete(id)
      },
    )
    let why = 'the thread of the change log ended'
    worker.on('error', (error) => {
      why = `the thread of the change log failed: ${String(error)}`
    })
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined
      for (const resolve of this.#waiting.values()) resolve({ did: 'fail', why })
      this.#waiting.clear()
    })
    return worker
  }
}
