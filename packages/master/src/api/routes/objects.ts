import {
  CertificateRequest,
  ObjectParams,
  ObjectView,
  UsersChange,
  UsersRequest,
} from '@roadstead/shared/protocol/http-objects.ts'
import { listOf } from '@roadstead/shared/protocol/http.ts'
import type { CertificateContent, ObjectFacts } from '@roadstead/shared/protocol/kept-object.ts'
import type { ObjectDecision, ObjectPlace } from '../../core/objects/kept-objects.ts'
import type { ReadModel } from '../read-model.ts'
import type { ApiServer } from '../server.ts'

/** Who keeps users and certificates. */
export interface ObjectKeeper {
  setUsers(name: string, lines: readonly string[], by: string): Promise<ObjectDecision>
  changeUsers(name: string, change: UsersChange, by: string): Promise<ObjectDecision>
  setCertificate(
    name: string,
    content: CertificateContent,
    facts: ObjectFacts,
    by: string,
  ): Promise<ObjectDecision>
  remove(place: ObjectPlace, by: string): Promise<void>
}

export interface ObjectRoutesDeps {
  readonly objects: ObjectKeeper
  readonly read: Pick<ReadModel, 'objects'>
  /** @throws RoadsteadError `bad-certificate` */
  readonly readCertificate: (content: CertificateContent) => {
    readonly content: CertificateContent
    readonly facts: ObjectFacts
  }
}

/** What is secret goes in here and never comes out: answers have what anybody may know. */
export function addObjects(app: ApiServer, deps: ObjectRoutesDeps): void {
  const { objects, read, readCertificate } = deps
  const view = (kept: ObjectDecision): ObjectView => {
    const isIt = (it: ObjectView) => it.kind === kept.facts.object && it.name === kept.name
    const { by, facts, name, since, version } = kept
    const told = { kind: facts.object, name, version, facts, by, since, edges: [] }
    return read.objects().find(isIt) ?? told
  }
  app.get('/api/v1/objects', { schema: { response: { 200: listOf(ObjectView) } } }, () => {
    const items = [...read.objects()]
    return { items, total: items.length }
  })

  const answer = { params: ObjectParams, response: { 200: ObjectView } }
  const users = '/api/v1/objects/users/:name'
  const put = { schema: { ...answer, body: UsersRequest } }
  app.put(users, put, async ({ body, caller, params }) =>
    view(await objects.setUsers(params.name, body.lines, caller?.name ?? '')),
  )
  const patch = { schema: { ...answer, body: UsersChange } }
  app.patch(users, patch, async ({ body, caller, params }) =>
    view(await objects.changeUsers(params.name, body, caller?.name ?? '')),
  )

  const certificates = '/api/v1/objects/certificates/:name'
  const certificate = { schema: { ...answer, body: CertificateRequest } }
  app.put(certificates, certificate, async ({ body, caller, params }) => {
    const { content, facts } = readCertificate(body)
    return view(await objects.setCertificate(params.name, content, facts, caller?.name ?? ''))
  })

  const gone = { schema: { params: ObjectParams } }
  app.delete(users, gone, async ({ caller, params: { name } }, reply) => {
    await objects.remove({ kind: 'users', name }, caller?.name ?? '')
    return reply.code(204).send()
  })
  app.delete(certificates, gone, async ({ caller, params: { name } }, reply) => {
    await objects.remove({ kind: 'certificate', name }, caller?.name ?? '')
    return reply.code(204).send()
  })
}
