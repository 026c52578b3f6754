-- What an entry means, and which endpoint a request goes to: functions of their arguments, without
-- nginx. `testing/choice-twin.ts` is the same in TypeScript, and a test compares the two.
-- Text of entries is data: it is compared byte by byte and never used as a pattern or as code.

local bit = require "bit"
local bxor, bnot = bit.bxor, bit.bnot
local lshift, rshift, tobit = bit.lshift, bit.rshift, bit.tobit
local byte, find, sub = string.byte, string.find, string.sub
local log = math.log

local _M = {}

local function words(text)
  local list, at = {}, 1
  while at <= #text do
    local blank = find(text, " ", at, true) or #text + 1
    if blank > at then list[#list + 1] = sub(text, at, blank - 1) end
    at = blank + 1
  end
  return list
end

-- Bob Jenkins' one-at-a-time: additions and shifts only, the same in every language.
local function hash(text)
  local sum = 0
  for at = 1, #text do
    sum = tobit(sum + byte(text, at))
    sum = tobit(sum + lshift(sum, 10))
    sum = bxor(sum, rshift(sum, 6))
  end
  sum = tobit(sum + lshift(sum, 3))
  sum = bxor(sum, rshift(sum, 11))
  return tobit(sum + lshift(sum, 15))
end
_M.hash = hash

-- Thomas Wang's mix of 32 bits, for the same reason.
local function mix(key)
  key = tobit(bnot(key) + lshift(key, 15))
  key = bxor(key, rshift(key, 12))
  key = tobit(key + lshift(key, 2))
  key = bxor(key, rshift(key, 4))
  key = tobit(key + lshift(key, 3) + lshift(key, 11))
  return bxor(key, rshift(key, 16))
end

-- `<address>:<port>`, with `,w=<weight>`, `,b`, `,m=<requests at one time>` and `,i=<what a cookie
-- says of it>` behind it when they apply.
local function endpoint(word)
  local comma = find(word, ",", 1, true)
  local peer = comma and sub(word, 1, comma - 1) or word
  local colon = #peer
  while colon > 0 and byte(peer, colon) ~= 58 do colon = colon - 1 end
  local made = {
    peer = peer,
    address = sub(peer, 1, colon - 1),
    port = tonumber(sub(peer, colon + 1)),
    weight = 1,
    backup = false,
    hash = hash(peer),
    turn = 0,
    load = 0,
  }
  while comma do
    local next_comma = find(word, ",", comma + 1, true)
    local option = sub(word, comma + 1, (next_comma or #word + 1) - 1)
    if option == "b" then made.backup = true end
    local name, value = sub(option, 1, 2), sub(option, 3)
    if name == "w=" then made.weight = tonumber(value) or 1 end
    if name == "m=" then made.max = tonumber(value) end
    if name == "i=" then made.id = value end
    comma = next_comma
  end
  return made
end

-- Value of an entry `s:<id>`.
function _M.service(text)
  local made = { main = { at = 0, even = true }, backup = { at = 0, even = true }, count = 0 }
  for _, word in ipairs(words(text)) do
    if byte(word, 2) == 61 then
      local name, value = sub(word, 1, 1), sub(word, 3)
      if name == "b" then
        made.balance = value
      elseif name == "k" then
        made.cookie = value
      else
        made[name] = tonumber(value)
      end
    else
      local one = endpoint(word)
      local pool = one.backup and made.backup or made.main
      pool[#pool + 1] = one
      pool.even = pool.even and one.weight == pool[1].weight
      made.count = made.count + 1
      made.is_limited = made.is_limited or one.max ~= nil
    end
  end
  return made
end

-- What stands behind a match: who is told something, refused or sent elsewhere before any endpoint is
-- asked. See `core/live/live-table.ts` for the letters.
local function gate(word)
  if #word == 1 then return nil end
  local made = {}
  for name, value in string.gmatch(word, ",(%l)=([^,]*)") do made[name] = value end
  if made.h then
    local seconds, subdomains, preload = string.match(made.h, "^(%d+)(s?)(p?)$")
    made.hsts = "max-age=" .. (seconds or 0)
    if subdomains == "s" then made.hsts = made.hsts .. "; includeSubDomains" end
    if preload == "p" then made.hsts = made.hsts .. "; preload" end
  end
  return made
end

-- Value of an entry `d:<domain>`: triples `<match> <path> <service>`, most specific first. The key of
-- a route is as in `protocol/route-key.ts`.
function _M.domain(text, name)
  local list, routes = words(text), {}
  for at = 1, #list - 2, 3 do
    local match, path = list[at], list[at + 1]
    local is_exact = byte(match) == 61
    routes[#routes + 1] = {
      exact = is_exact,
      path = path,
      below = byte(path, #path) == 47 and path or path .. "/",
      service = list[at + 2],
      gate = gate(match),
      key = name .. (is_exact and " exact " or " prefix ") .. path,
    }
  end
  local first = routes[1]
  -- One route for all of it: the path need not even be looked at.
  local whole = #routes == 1 and first.path == "/" and not first.exact and first or nil
  return { routes = routes, whole = whole }
end

-- The route that a path of a domain belongs to; nil for none.
function _M.route(domain, path)
  for _, route in ipairs(domain.routes) do
    if path == route.path then return route end
    if not route.exact and sub(path, 1, #route.below) == route.below then return route end
  end
end

-- Smooth weighted turns: heavy endpoints come more often, and never many times in a row. With
-- `least`, only among those that are as little loaded as it is.
local function turn(pool, tried, least)
  local best, total = nil, 0
  for at = 1, #pool do
    local one = pool[at]
    if not (tried and tried[one.peer])
        and (not least or one.load * least.weight == least.load * one.weight) then
      total = total + one.weight
      one.turn = one.turn + one.weight
      if not best or one.turn > best.turn then best = one end
    end
  end
  if best then best.turn = best.turn - total end
  return best
end

-- Among equals it is whoever comes next, and the others need not be looked at.
local function next_of(pool, tried)
  local at = pool.at
  for _ = 1, #pool do
    at = at % #pool + 1
    local one = pool[at]
    if not (tried and tried[one.peer]) then
      pool.at = at
      return one
    end
  end
end

local function least_loaded(pool, tried, load_of)
  local least
  for at = 1, #pool do
    local one = pool[at]
    if not (tried and tried[one.peer]) then
      one.load = load_of(one)
      if not least or one.load * least.weight < least.load * one.weight then least = one end
    end
  end
  return least and turn(pool, tried, least)
end

-- Weighted rendezvous: when an endpoint comes or goes, only its own share of visitors moves.
local function nearest(pool, tried, client)
  local best, high
  for at = 1, #pool do
    local one = pool[at]
    if not (tried and tried[one.peer]) then
      local draw = (mix(bxor(client, one.hash)) % 4294967296 + 0.5) / 4294967296
      local score = one.weight / -log(draw)
      if not best or score > high then best, high = one, score end
    end
  end
  return best
end

-- Whoever has its turn.
local function in_turn(pool, tried)
  if pool.even then return next_of(pool, tried) end
  return turn(pool, tried)
end

-- Whom the cookie names, or whoever has its turn.
local function named(pool, tried, id)
  for at = 1, #pool do
    local one = pool[at]
    if one.id == id and not (tried and tried[one.peer]) then return one end
  end
  return in_turn(pool, tried)
end

-- Those that have as many requests as they take are as good as tried.
local function with_full(service, tried, load_of)
  local out = {}
  for peer in pairs(tried or {}) do out[peer] = true end
  for _, pool in ipairs({ service.main, service.backup }) do
    for at = 1, #pool do
      local one = pool[at]
      if one.max and load_of(one) >= one.max then out[one.peer] = true end
    end
  end
  return out
end

local function pick(service, pool, tried, load_of, client)
  if service.balance == "lc" then return least_loaded(pool, tried, load_of) end
  if service.balance == "ip" then return nearest(pool, tried, hash(client)) end
  if service.balance == "ck" then return named(pool, tried, client) end
  return in_turn(pool, tried)
end

-- The endpoint for a request that `tried` (a set of peers, or nil) could not serve. A backup is
-- chosen only when nothing else is left. `client` is the visitor's address, or what its cookie says.
function _M.endpoint(service, tried, load_of, client)
  if service.is_limited then tried = with_full(service, tried, load_of) end
  return pick(service, service.main, tried, load_of, client)
    or pick(service, service.backup, tried, load_of, client)
end

return _M
