-- Counts of what visitors asked, by route and by endpoint. A worker counts in tables of its own, which
-- costs a request next to nothing, and every second writes what is new into a journal that all workers
-- share. The edge reads it, and takes out what it has told to the masters: so an edge that was killed
-- loses nothing, and nothing is counted twice.

local journal = ngx.shared.rs_requests
local concat, floor = table.concat, math.floor

-- Upper ends in milliseconds, as in `protocol/request-report.ts`; the last bucket has none.
local BOUNDS = { 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000 }
local LAST = #BOUNDS + 1
-- Where the numbers of a series stand, as in `core/requests/counts.ts`: six classes of status, then for each duration its sum and its
-- buckets. That of a whole request comes first; that of its endpoint follows, or stands alone.
local CLASSES = 6
local ROUTE_LENGTH = CLASSES + 2 * (1 + LAST)
local ENDPOINT_LENGTH = CLASSES + 1 + LAST

local FLUSH_S = 1
-- Series that a worker counts apart between two writes; the others go under one name.
local SERIES_MAX = 20000
-- Of one page of the journal: writing it takes less than a millisecond.
local PAGE_SERIES_MAX = 250
-- Pages that wait for the edge. Above that workers go on counting, and write when it reads again.
local PAGES_MAX = 64
-- Of one answer to the edge, which takes four times as much.
local ANSWER_BYTES_MAX = 1024 * 1024
-- A page that is announced and not written when the edge asks: its worker was killed in between.
local AWAITED_MAX = 8
local REST = "*"

local _M = {}

local routes, endpoints, known = {}, {}, 0
local is_leaving = false

local function zeros(length)
  local made = {}
  for at = 1, length do made[at] = 0 end
  return made
end

local function series(kind, name, length)
  local made = kind[name]
  if made then return made end
  if known >= SERIES_MAX and name ~= REST then return series(kind, REST, length) end
  known = known + 1
  made = zeros(length)
  kind[name] = made
  return made
end

local function bucket_of(ms)
  for at = 1, LAST - 1 do
    if ms <= BOUNDS[at] then return at end
  end
  return LAST
end

local function class_of(status)
  return status >= 100 and status < 600 and floor(status / 100) + 1 or 1
end

local function add(numbers, at, seconds)
  local ms = floor(seconds * 1000 + 0.5)
  numbers[at] = numbers[at] + ms
  local bucket = at + bucket_of(ms)
  numbers[bucket] = numbers[bucket] + 1
end

local function say(page, kind, name, numbers)
  page[#page + 1] = kind .. " " .. concat(numbers, ",") .. " " .. name .. "\n"
  if kind == "r" then
    for at = 1, CLASSES do page.requests = page.requests + numbers[at] end
  end
end

local function write(page)
  local number = journal:incr("last", 1)
  if number and journal:safe_set(number, concat(page)) then return end
  journal:incr("lost", page.requests)
end

-- Everything that this worker has counted since it last wrote. With none to read it, that is kept.
local function flush()
  if known == 0 then return end
  local waiting = journal:get("last") - journal:get("first")
  if waiting >= PAGES_MAX and not is_leaving then return end
  local written = { r = routes, e = endpoints }
  routes, endpoints, known = {}, {}, 0
  local page = { requests = 0 }
  for kind, list in pairs(written) do
    for name, numbers in pairs(list) do
      say(page, kind, name, numbers)
      if #page >= PAGE_SERIES_MAX then
        write(page)
        page = { requests = 0 }
      end
    end
  end
  if #page > 0 then write(page) end
end

-- A request that ends. `peer` and `upstream_s` are false when no endpoint was asked. A connection
-- that became another protocol has no duration: it ends when somebody closes it.
function _M.count(route, peer, status, whole_s, upstream_s)
  local class, has_duration = class_of(status), status ~= 101
  local own = series(routes, route, ROUTE_LENGTH)
  own[class] = own[class] + 1
  if has_duration then add(own, CLASSES + 1, whole_s) end
  if peer then
    local its = series(endpoints, peer, ENDPOINT_LENGTH)
    its[class] = its[class] + 1
    if has_duration then
      add(own, CLASSES + 2 + LAST, upstream_s)
      add(its, CLASSES + 1, upstream_s)
    end
  end
  if is_leaving then flush() end
end

-- An endpoint did not answer, and the request went on to another.
function _M.count_failed(peer)
  local its = series(endpoints, peer, ENDPOINT_LENGTH)
  its[1] = its[1] + 1
end

-- Before the workers begin. A reload finds the journal as it is.
function _M.load()
  journal:safe_add("first", 0)
  journal:safe_add("last", 0)
  journal:safe_add("lost", 0)
  journal:safe_add("born", string.format("%.0f", ngx.now() * 1000))
end

-- A worker that is asked to finish has no timer any more: each of its last requests is written at once.
function _M.begin()
  ngx.timer.every(FLUSH_S, function(is_premature)
    is_leaving = is_premature
    flush()
  end)
end

local function forget(up_to)
  local first = journal:get("first")
  for number = first + 1, up_to do journal:delete(number) end
  if up_to > first then journal:set("first", up_to) end
end

-- Body: `<born> <told> <read>`: pages up to `told` go, those behind `read` are the answer. Its first
-- line is `<born> <last page in it> <more to read: 0 or 1> <requests lost>`.
function _M.read()
  ngx.req.read_body()
  local body = ngx.req.get_body_data() or ""
  local asked, told, read = body:match("^(%d+) (%d+) (%d+)$")
  if not asked then
    ngx.status = 400
    return ngx.print("no place to read from")
  end
  local born, last = journal:get("born"), journal:get("last")
  told, read = tonumber(told), tonumber(read)
  if asked ~= born then told, read = 0, 0 end
  forget(math.min(told, last))
  local at, size, pages = math.max(read, journal:get("first")), 0, {}
  while at < last and size < ANSWER_BYTES_MAX do
    local page = journal:get(at + 1)
    if not page and last - at < AWAITED_MAX then break end
    at = at + 1
    pages[#pages + 1] = page
    size = size + #(page or "")
  end
  local more = at < last and size >= ANSWER_BYTES_MAX and 1 or 0
  ngx.print(born, " ", at, " ", more, " ", journal:get("lost"), "\n", pages, "end\n")
end

return _M
