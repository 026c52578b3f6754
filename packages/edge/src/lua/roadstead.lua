-- The way of a request in the live tier: domain, route, service, endpoint. Static: what is routed is
-- data in shared memory (see roadstead_memory.lua), pushed by the edge (see roadstead_control.lua).
--
-- The common request meets `quick`, `balance` and `done`, which need no coroutine. Whatever must
-- answer by itself, wait, or count an upgrade goes through `enter`, in a location of its own.

local balancer = require "ngx.balancer"
local base = require "resty.core.base"
local choice = require "roadstead_choice"
local counts = require "roadstead_counts"
local ffi = require "ffi"
local memory = require "roadstead_memory"

local cast, number_type, get_request = ffi.cast, ffi.typeof("uintptr_t"), base.get_request
local refresh, domain_of, service_of = memory.refresh, memory.domain, memory.service
local count_of, add, remove, total = counts.count, counts.add, counts.remove, counts.total
local is_closing = memory.is_closing
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

local function carry(at)
  local context = spare[spares]
  if context then
    spares = spares - 1
  else
    context = { service = false, endpoint = false, counted = false, tried = false, held = false }
  end
  carried[at] = context
  return context
end

local function begin(service)
  local at = place()
  local context = carried[at] or carry(at)
  context.service = service
end

-- Empty when the request can be passed on as it is; else the location that takes it.
function _M.quick()
  refresh()
  if is_closing() then return "@rs_closing" end
  local id = routed()
  local service = id and service_of(id)
  if not service or service.count == 0 then return "@rs_slow" end
  begin(service)
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

-- Before a request is passed on that `quick` has not seen: of a rendered location, which names its
-- service, or of one that `quick` has sent on.
function _M.enter()
  refresh()
  local id, is_known = ngx.var.rs_service, true
  if id == "" then id, is_known = routed() end
  if not is_known then return answer(404, "Nothing is routed for this name.") end
  if not id then return answer(404, "Nothing is routed here.") end
  local service = service_of(id)
  if service and service.count == 0 and service.h then service = hold(id, service) end
  if not service or service.count == 0 then
    return answer(503, "No endpoint of this service can answer now.")
  end
  begin(service)
  -- nginx says `keep-alive` beside it here, and a list with `close` in it means that. Elsewhere the
  -- location itself closes.
  if is_closing() and ngx.var.rs_service ~= "" then ngx.header["Connection"] = "close" end
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
  local client = service.balance == "ip" and ngx.var.remote_addr or nil
  local endpoint = choice.endpoint(service, context.tried, load_of, client)
  if not endpoint then
    -- A connection that was kept open has ended, and nobody else is left: the same one once more.
    context.tried = false
    endpoint = choice.endpoint(service, nil, load_of, client)
  end
  if not context.endpoint then
    local tries = service.count < TRIES_MAX and service.count or TRIES_MAX
    if tries > 1 then set_more_tries(tries - 1) end
    if service.c or service.r then
      balancer.set_timeouts(service.c and service.c / 1000, nil, service.r and service.r / 1000)
    end
  end
  context.endpoint = endpoint
  local count = count_of_endpoint(endpoint)
  context.counted = count
  add(count)
  set_current_peer(endpoint.address, endpoint.port)
end

-- A connection that speaks another protocol from now on is no request under way.
function _M.upgraded()
  if ngx.status ~= 101 then return end
  local context = carried[place()]
  if context.counted then remove(context.counted) end
  context.counted = false
end

-- However a request ends.
function _M.done()
  local at = place()
  local context = carried[at]
  if not context then return end
  carried[at] = nil
  if context.counted then remove(context.counted) end
  if context.held then let_go(context) end
  context.service, context.endpoint, context.counted, context.tried = false, false, false, false
  spares = spares + 1
  spare[spares] = context
end

return _M
