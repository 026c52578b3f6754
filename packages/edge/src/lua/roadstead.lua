-- The way of a request in the live tier: domain, route, service, endpoint. Static: what is routed is
-- data in shared memory (see roadstead_memory.lua), pushed by the edge (see roadstead_control.lua).
--
-- The common request meets `quick`, `balance` and `done`, which need no coroutine. Whatever must
-- answer by itself, wait, or count an upgrade goes through `enter`, in a location of its own.

local balancer = require "ngx.balancer"
local response = require "ngx.resp"
local base = require "resty.core.base"
local choice = require "roadstead_choice"
local counts = require "roadstead_counts"
local ffi = require "ffi"
local gate = require "roadstead_gate"
local memory = require "roadstead_memory"
local requests = require "roadstead_requests"

local cast, number_type, get_request = ffi.cast, ffi.typeof("uintptr_t"), base.get_request
local refresh, domain_of, service_of = memory.refresh, memory.domain, memory.service
local count_of, add, remove, total = counts.count, counts.add, counts.remove, counts.total
local is_closing = memory.is_closing
local now, start_time = ngx.now, ngx.req.start_time
local set_current_peer, set_more_tries = balancer.set_current_peer, balancer.set_more_tries

-- As `proxy_next_upstream_tries`.
local TRIES_MAX = 3
-- Requests that wait for one service, over all workers: each holds a connection and a little memory.
local HELD_MAX = 200
-- Those of all services in one worker: a quarter of its connections, so that others still get in.
local HELD_HERE_MAX = 2000
-- How often a waiting request looks; a step that visitors do not feel. With many of them the step
-- grows, so that all together look no more than 10,000 times a second.
local HOLD_STEP_S = 0.02
-- A group, to which nothing can connect: Linux says so at once. Without any address nginx would ask
-- again for ever.
local NOBODY = "224.0.0.0"

local _M = {}

-- Requests that wait in this worker.
local held_here = 0

-- The route, if any, and whether the name is known.
local function routed()
  local domain = domain_of(ngx.var.host)
  if not domain then return nil, false end
  return domain.whole or choice.route(domain, ngx.var.uri), true
end

-- What requests carry from one phase to the next, by the place that nginx has for each: there is one
-- with us for each request that is under way, and it serves the next one after that. `ngx.ctx` would
-- be garbage after each of them.
local carried, spare, spares = {}, {}, 0

local function place()
  local at = tonumber(cast(number_type, get_request()))
  return at
end

-- Everything in it is false until it is known, so that it keeps its size.
local function cleared(context)
  context.service, context.key, context.endpoint = false, false, false
  context.counted, context.tried, context.held = false, false, false
  context.chosen, context.asked = false, false
  return context
end

local function carry(at)
  local context = carried[at]
  if context then return context end
  context = spare[spares]
  if context then spares = spares - 1 else context = cleared({}) end
  carried[at] = context
  return context
end

local function begin(service, key)
  local context = carry(place())
  context.service, context.key = service, key
end

-- Empty when the request can be passed on as it is; else the location that takes it.
function _M.quick()
  refresh()
  if is_closing() then return "@rs_closing" end
  local route = routed()
  local service = route and service_of(route.service)
  if not service or service.count == 0 or service.cookie or service.is_limited or route.gate then
    return "@rs_slow"
  end
  begin(service, route.key)
  return ""
end

local function answer(status, text)
  ngx.status = status
  ngx.header["Content-Type"] = "text/plain"
  ngx.header["Content-Length"] = #text
  if status == 503 then ngx.header["Retry-After"] = "2" end
  ngx.header["Cache-Control"] = "no-store"
  ngx.print(text)
  ngx.exit(ngx.HTTP_OK)
end

local function let_go(context)
  remove(context.held)
  context.held = false
  held_here = held_here - 1
end

-- Waits until the service has an endpoint, for as long as it allows. When the visitor goes away
-- meanwhile, nginx ends this, and `done` counts it out.
local function hold(id, service)
  local count, context = count_of(id), carry(place())
  add(count)
  context.held = count
  held_here = held_here + 1
  if total(count) <= HELD_MAX and held_here <= HELD_HERE_MAX then
    local deadline = ngx.now() + service.h / 1000
    while service and service.count == 0 and ngx.now() < deadline do
      ngx.sleep(HOLD_STEP_S * math.max(1, held_here / HELD_MAX))
      refresh()
      service = service_of(id)
    end
  end
  let_go(context)
  return service
end

local function count_of_endpoint(endpoint)
  local count = endpoint.requests
  if not count then
    count = count_of(endpoint.peer)
    endpoint.requests = count
  end
  return count
end

local function load_of(endpoint)
  return total(count_of_endpoint(endpoint))
end

local function client_of(service)
  if service.balance == "ip" then return ngx.var.remote_addr end
  if service.cookie then return ngx.var["cookie_" .. service.cookie] end
end

-- `<service>:<another one>:<percent>`: the other one gets this share; whoever is left gets all.
local function divided(ids)
  local first = string.find(ids, ":", 1, true)
  if not first then return ids end
  local second = string.find(ids, ":", first + 1, true)
  local own, other = string.sub(ids, 1, first - 1), string.sub(ids, first + 1, second - 1)
  local wanted, rest = own, other
  if math.random(100) <= tonumber(string.sub(ids, second + 1)) then wanted, rest = other, own end
  local service = service_of(wanted)
  if service and service.count > 0 then return wanted end
  service = service_of(rest)
  return service and service.count > 0 and rest or own
end

-- Chooses the first endpoint before anything is sent, where it takes a limited number of requests or
-- is told its own address. A worker that came first at the same moment has the last place.
local function reserve(service)
  local context = carried[place()]
  local tried = false
  for _ = 1, service.count do
    local endpoint = choice.endpoint(service, tried, load_of, client_of(service))
    if not endpoint then return nil end
    local count = count_of_endpoint(endpoint)
    add(count)
    if not endpoint.max or total(count) <= endpoint.max then
      context.chosen, context.counted = endpoint, count
      return endpoint
    end
    remove(count)
    tried = tried or {}
    tried[endpoint.peer] = true
  end
end

-- Before a request is passed on that `quick` has not seen: of a rendered location, which names its
-- service, or of one that `quick` has sent on.
function _M.enter()
  refresh()
  local id, key = ngx.var.rs_service, false
  if id == "" then
    local route, is_known = routed()
    if not is_known then return answer(404, "Nothing is routed for this name.") end
    if not route then return answer(404, "Nothing is routed here.") end
    id, key = route.service, route.key
    carry(place()).key = key
    if route.gate then gate.pass(route.gate, answer) end
  else
    id = divided(id)
  end
  local service = service_of(id)
  if service and service.count == 0 and service.h then service = hold(id, service) end
  if not service or service.count == 0 then
    return answer(503, "No endpoint of this service can answer now.")
  end
  begin(service, key)
  local is_told = ngx.var.rs_own_host == "-"
  if service.is_limited or is_told then
    local endpoint = reserve(service)
    if not endpoint then return answer(503, "No endpoint of this service can answer now.") end
    if is_told then ngx.var.rs_own_host = endpoint.peer end
  end
  -- nginx says `keep-alive` beside it here, and a list with `close` in it means that. Elsewhere the
  -- location itself closes.
  if is_closing() and ngx.var.rs_service ~= "" then ngx.header["Connection"] = "close" end
end

-- The endpoint before could not serve: it is counted out, and the newest entry decides who is next.
-- What the service had before may be stopped by now, and its addresses may be those of others.
local function try_again(context)
  local before = context.endpoint
  if context.counted then remove(context.counted) end
  context.counted = false
  context.tried = context.tried or {}
  context.tried[before.peer] = true
  refresh()
  local newest = service_of(context.service.name)
  if not newest or newest.count == 0 then return false end
  context.service = newest
  return true
end

-- Chooses the endpoint; nginx calls it for each try.
function _M.balance()
  local context = carried[place()]
  if context.endpoint and not try_again(context) then return set_current_peer(NOBODY, 1) end
  local service = context.service
  local client = client_of(service)
  local endpoint = context.chosen or choice.endpoint(service, context.tried, load_of, client)
  local is_counted = context.chosen
  context.chosen = false
  if not endpoint then
    -- A connection that was kept open has ended, and nobody else is left: the same one once more.
    context.tried = false
    endpoint = choice.endpoint(service, nil, load_of, client)
  end
  if not endpoint then return set_current_peer(NOBODY, 1) end
  if not context.endpoint then
    local tries = service.count < TRIES_MAX and service.count or TRIES_MAX
    if tries > 1 then set_more_tries(tries - 1) end
    if service.c or service.r then
      balancer.set_timeouts(service.c and service.c / 1000, nil, service.r and service.r / 1000)
    end
  end
  if context.endpoint then requests.count_failed(context.endpoint.peer) end
  context.endpoint = endpoint
  context.asked = now()
  if not is_counted then
    local count = count_of_endpoint(endpoint)
    context.counted = count
    add(count)
  end
  set_current_peer(endpoint.address, endpoint.port)
end

-- A visitor who is not with the endpoint that has answered stays with it from now on. A connection
-- that speaks another protocol from now on is no request under way.
function _M.answered()
  local context = carried[place()]
  if not context then return end
  local service, endpoint = context.service, context.endpoint
  if endpoint and service.cookie and ngx.var["cookie_" .. service.cookie] ~= endpoint.id then
    local value = service.cookie .. "=" .. endpoint.id .. ngx.var.rs_cookie_rest
    response.add_header("Set-Cookie", value)
  end
  if ngx.status ~= 101 then return end
  if context.counted then remove(context.counted) end
  context.counted = false
end

-- What was asked is one of our own keys: the path of a visitor is never kept.
local function count(context)
  local at, endpoint = now(), context and context.endpoint
  local peer = endpoint and endpoint.peer
  local upstream_s = peer and at - context.asked
  requests.count(context and context.key or ngx.var.rs_route, peer, ngx.status, at - start_time(), upstream_s)
end

-- However a request ends.
function _M.done()
  local at = place()
  local context = carried[at]
  count(context)
  if not context then return end
  carried[at] = nil
  if context.counted then remove(context.counted) end
  if context.held then let_go(context) end
  cleared(context)
  spares = spares + 1
  spare[spares] = context
end

return _M
