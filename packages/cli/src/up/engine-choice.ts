/** Which engine the agent watches: the one at hand, or one without any containers in it. */
export type EngineChoice = 'docker' | 'simulated'
