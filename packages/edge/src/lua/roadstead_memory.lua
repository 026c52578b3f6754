-- What all workers share, and what each of them keeps of it. One version number is read for every
-- request; while it stands, a worker serves from the entries that it has parsed. When it has moved,
-- an entry is read again at its next use, and parsed again only if its text is another one: a change
-- of one service costs nothing for the others and does not disturb anybody's turns.

local choice = require "roadstead_choice"
local counts = require "roadstead_counts"
local shared = require "roadstead_cells"

local control = ngx.shared.rs_control
local cells, CHANGED = shared.cells, shared.CHANGED
local tables = { a = ngx.shared.rs_a, b = ngx.shared.rs_b }

-- Parsed entries kept by one worker; above that it starts anew. 40,000 take some 40 MB.
local CACHED_MAX = 40000
-- So many others are looked at when one is added, and forgotten if they have left: names that come and
-- go take no more than a third of what those take that are there.
local LOOKED_AT = 4
-- A worker holds 3 MB that never change; looking through them less often is worth the room.
local GARBAGE_PERCENT = 400

local _M = {}
local version = -1
local entries, closing_until
-- Entries by name, and the names in a row with the place that is looked at next.
local function nothing() return { by_name = {}, names = {}, at = 0 } end
local domains, services = nothing(), nothing()

-- Tells all workers that something has changed, once it has. Each number is used once, so whoever has
-- seen one sees that there is another, in whatever order two of them are written.
function _M.announce()
  cells[CHANGED] = control:incr("version", 1, 0)
end

-- Looks whether anything has changed since the last request.
function _M.refresh()
  local now = cells[CHANGED]
  if now == version then return end
  version = now
  entries = tables[control:get("side")]
  closing_until = control:get("closing")
  counts.refresh()
end

-- Whether visitors are asked to come back over a new connection. It ends by itself, too: the edge that
-- asked for it may be gone.
function _M.is_closing()
  return closing_until and ngx.now() < closing_until
end

-- A name is in the row for as long as its entry is kept, whether or not anybody asks for it.
local function forget_some(cache, prefix)
  local names = cache.names
  for _ = 1, LOOKED_AT do
    local at = cache.at % #names + 1
    local name = names[at]
    if entries:get(prefix .. name) then
      cache.at = at
    else
      cache.by_name[name] = nil
      names[at] = names[#names]
      names[#names] = nil
      if #names == 0 then return end
    end
  end
end

local function entry(cache, prefix, name, parse)
  local known = cache.by_name[name]
  if known and known.version == version then return known end
  local text = entries:get(prefix .. name)
  if not text then return nil end
  if known and known.text == text then
    known.version = version
    return known
  end
  local made = parse(text, name)
  made.name, made.text, made.version = name, text, version
  cache.by_name[name] = made
  if known then return made end
  cache.names[#cache.names + 1] = name
  if #domains.names + #services.names > CACHED_MAX then domains, services = nothing(), nothing() end
  forget_some(cache, prefix)
  return made
end

-- As long as a name may be; whoever sends a longer one is not looked for label by label.
local NAME_MAX = 253

-- The name itself, else the wildcard of its nearest parent.
function _M.domain(name)
  local own = entry(domains, "d:", name, choice.domain)
  if own or #name > NAME_MAX then return own end
  local dot = name:find(".", 1, true)
  while dot do
    local parent = entry(domains, "d:", "*" .. name:sub(dot), choice.domain)
    if parent then return parent end
    dot = name:find(".", dot + 1, true)
  end
end

function _M.service(id)
  return entry(services, "s:", id, choice.service)
end

-- A worker begins.
function _M.begin()
  collectgarbage("setpause", GARBAGE_PERCENT)
  -- Workers are copies of one process, and would all draw the same lots.
  math.randomseed(ngx.worker.pid() + ngx.now() * 1000)
  counts.begin()
  _M.announce()
end

return _M
