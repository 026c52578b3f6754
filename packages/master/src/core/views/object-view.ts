import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import type { ObjectOnEdge, ObjectView } from '@roadstead/shared/protocol/http-objects.ts'
import { compareText } from '../graph/select.ts'
import {
  type Decisions,
  keptObjects,
  type ObjectDecision,
  placeOf,
} from '../objects/kept-objects.ts'

type Edges = ReadonlyMap<string, { readonly status: EdgeStatus }>

/** Objects by kind and name, each with where every edge stands with it; nothing that is sealed. */
export function objectViews(decisions: Decisions, edges: Edges): readonly ObjectView[] {
  return keptObjects(decisions).map((object) => objectView(object, edges))
}

export function objectView(object: ObjectDecision, edges: Edges): ObjectView {
  const { by, facts, since, version } = object
  const onEdges = [...edges.values()]
    .map(({ status }) => onEdge(object, status))
    .sort((a, b) => compareText(a.edge, b.edge))
  return { ...placeOf(object), version, facts, by, since, edges: onEdges }
}

function onEdge(object: ObjectDecision, { name, objects = [] }: EdgeStatus): ObjectOnEdge {
  const { kind, name: called } = placeOf(object)
  const told = objects.find((it) => it.kind === kind && it.name === called)
  const { trouble } = told ?? {}
  const state =
    told?.version === undefined ? 'missing' : told.version === object.version ? 'current' : 'older'
  return { edge: name, state, ...(trouble !== undefined && { trouble }) }
}
