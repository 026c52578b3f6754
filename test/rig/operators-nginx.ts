import { OperatorsNginx } from '@roadstead/edge/testing/attached-bench.ts'

/** An nginx that is there before the edge, and what the edge has to be told of it. */
export async function nginxOfAnOperator(port: number): Promise<{
  readonly nginx: OperatorsNginx
  readonly env: Readonly<Record<string, string>>
}> {
  const nginx = await OperatorsNginx.start('name', port)
  const env = {
    ROADSTEAD_ATTACH: nginx.include,
    ROADSTEAD_ATTACH_MAIN: nginx.main,
    ROADSTEAD_ATTACH_PID: nginx.pidFile,
  }
  return { nginx, env }
}
