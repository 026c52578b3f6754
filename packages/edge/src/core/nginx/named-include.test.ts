import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withInclude } from './named-include.ts'

const isOurs = (path: string) => path === 'conf.d/rs.conf'

test('only the include that names the file is changed', () => {
  const text = `# include conf.d/rs.conf;
http {
  include mime.types;
  add_header X "include conf.d/rs.conf;";
  include "conf.d/rs.conf" ; # ours
}
`
  assert.equal(withInclude(text, isOurs, '/c'), text.replace('"conf.d/rs.conf"', '/c'))
})

test('a pattern does not name it', () => {
  assert.equal(withInclude('http { include conf.d/*.conf; }', isOurs, '/c'), undefined)
})

test('a word that only looks like one is not one', () => {
  assert.equal(withInclude('set $a include conf.d/rs.conf;', isOurs, '/c'), undefined)
  assert.equal(withInclude("x 'it\\'s include' include;", isOurs, '/c'), undefined)
})
