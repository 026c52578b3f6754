-- The door for the edge, on a socket in a folder that is closed to other users. A change comes in
-- chunks, each small enough that no visitor of this worker waits for it, and has a name before and
-- after. While it is under way, or when it was cut short, the memory has no name: only a whole
-- replacement, which is written into the spare table and then takes its place, gives it one again.

local counts = require "roadstead_counts"
local memory = require "roadstead_memory"

local control = ngx.shared.rs_control
local tables = { a = ngx.shared.rs_a, b = ngx.shared.rs_b }
local find, sub, byte = string.find, string.sub, string.byte

-- Old entries taken out in one go: less than a millisecond.
local CLEARED_AT_ONCE = 2000
-- The shortest time after which nginx looks at its visitors first: without any it comes back at once.
local BREATH_S = 0.001
-- By then no request looks at the table that was in force before, even on a machine that stalls.
local CLEARING_AFTER_S = 1
-- A reload follows within a second, or the one who asked for it is gone.
local CLOSING_S_MAX = 10

local _M = {}

local function spare()
  return control:get("side") == "a" and "b" or "a"
end

-- Steps of one chunk, a line each: `+<key> <value>` or `-<key>`. What they replace is kept in
-- `undo`, if there is one.
local function apply(entries, body, at, undo)
  while at <= #body do
    local stop = find(body, "\n", at, true) or #body + 1
    local blank = find(body, " ", at, true)
    local is_set = byte(body, at) == 43 and blank and blank < stop
    local key = sub(body, at + 1, (is_set and blank or stop) - 1)
    if undo then undo[#undo + 1] = { key, entries:get(key) } end
    if is_set then
      local done, why = entries:safe_set(key, sub(body, blank + 1, stop - 1))
      if not done then return nil, why end
    else
      entries:delete(key)
    end
    at = stop + 1
  end
  return true
end

-- Newest first: room is made before anything old comes back.
local function take_back(entries, undo)
  for at = #undo, 1, -1 do entries:delete(undo[at][1]) end
  for at = #undo, 1, -1 do
    local key, before = undo[at][1], undo[at][2]
    if before then entries:safe_set(key, before) else entries:delete(key) end
  end
end

-- In pieces: others are served in between. All of it at once is gone for readers. What is written before
-- the memory has been given back would be spread over ever more of it.
local function clear(entries, is_wanted)
  if #entries:get_keys(1) > 0 then
    entries:flush_all()
    ngx.sleep(BREATH_S)
  end
  while is_wanted() and entries:flush_expired(CLEARED_AT_ONCE) > 0 do ngx.sleep(BREATH_S) end
end

-- The table that was in force before gives its memory back, unless a push wants it meanwhile.
local function clear_later(side)
  ngx.timer.at(CLEARING_AFTER_S, function(is_end)
    if is_end or control:get("side") == side then return end
    if control:get("token") then return clear_later(side) end
    clear(tables[side], function() return not control:get("token") end)
  end)
end

local function say(status, text)
  ngx.status = status
  ngx.print(text)
end

-- Whether this chunk may be applied: the first of a push has a base, the others have its token.
local function begin(token, is_push, from)
  if from == "-" then return control:get("token") == token end
  if is_push and control:get("live") ~= from then return false end
  control:safe_set("token", token)
  if is_push then return true end
  -- Others are served meanwhile; one of them may begin a push.
  local function is_ours() return control:get("token") == token end
  clear(tables[spare()], is_ours)
  return is_ours()
end

local function refuse(side, undo, from, why)
  if undo then
    take_back(tables[side], undo)
    if from ~= "-" then control:safe_set("live", from) end
    memory.announce()
  else
    clear_later(side)
  end
  control:delete("token")
  return say(507, why)
end

-- First line of a chunk: `<token> <push|replace> <from> <to>`. `from` is `-` in all but the first
-- one, `to` is `-` in all but the last. The token tells two who push at a time apart.
function _M.apply()
  ngx.req.read_body()
  local body = ngx.req.get_body_data() or ""
  local head = find(body, "\n", 1, true) or #body + 1
  local token, kind, from, to = sub(body, 1, head - 1):match("^(%w+) (%l+) (%S+) (%S+)$")
  if not token then return say(400, "no head line") end
  local is_push = kind == "push"
  if not begin(token, is_push, from) then return say(409, "other base") end
  local side = is_push and control:get("side") or spare()
  local undo = is_push and {} or nil
  if is_push then control:safe_set("live", "") end
  local done, why = apply(tables[side], body, head + 1, undo)
  if not done then return refuse(side, undo, from, why) end
  if to ~= "-" then
    control:safe_set("side", side)
    control:safe_set("live", to)
    control:delete("token")
    if not is_push then clear_later(spare()) end
  end
  if is_push or to ~= "-" then memory.announce() end
  say(200, "done")
end

-- Name of the file that this worker has read, and of the entries.
function _M.show()
  say(200, ngx.var.rs_generation .. " " .. (control:get("live") or ""))
end

-- Names of services begin so, those of endpoints never.
local function say_counts(totals, of_services)
  if not totals then return say(503, "counts are not known") end
  local lines = {}
  for name, number in pairs(totals) do
    local is_service = sub(name, 1, 2) == "u_"
    if is_service == of_services then lines[#lines + 1] = name .. " " .. number end
  end
  lines[#lines + 1] = "end\n"
  ngx.print(table.concat(lines, "\n"))
end

-- Requests under way, by endpoint; of the endpoints in the body alone, a line each, if there is one.
function _M.in_flight()
  if ngx.req.get_method() ~= "POST" then return say_counts(counts.totals(), false) end
  ngx.req.read_body()
  local names = {}
  for name in string.gmatch(ngx.req.get_body_data() or "", "[^\n]+") do names[#names + 1] = name end
  say_counts(counts.totals_of(names), false)
end

-- Requests that wait for an endpoint, by service.
function _M.waiting()
  say_counts(counts.totals(), true)
end

function _M.closing()
  ngx.req.read_body()
  if ngx.req.get_body_data() == "on" then
    control:safe_set("closing", ngx.now() + CLOSING_S_MAX)
  else
    control:delete("closing")
  end
  memory.announce()
  say(200, "done")
end

local function load_whole(text, entries)
  local last = 1
  for at = #text - 1, 1, -1 do
    if byte(text, at) == 10 then last = at + 1 break end
  end
  local count, live = sub(text, last):match("^# (%d+) (%x+)\n$")
  if not count or #live ~= 16 then return nil end
  local at, found = 1, 0
  while at < last do
    local stop = find(text, "\n", at, true)
    local blank = find(text, " ", at, true)
    if not blank or blank > stop then return nil end
    local key, value = sub(text, at, blank - 1), sub(text, blank + 1, stop - 1)
    if not entries:safe_set(key, value) then return nil end
    at, found = stop + 1, found + 1
  end
  return found == tonumber(count) and live or nil
end

-- At the start of nginx, before its workers. At a reload the memory is there, and newer than a file.
function _M.load(path)
  if control:get("version") then return end
  control:safe_set("side", "a")
  control:safe_set("live", "")
  memory.announce()
  local file = path and io.open(path, "rb")
  if not file then return end
  local text = file:read("*a")
  file:close()
  local live = load_whole(text, tables.a)
  if live then return control:safe_set("live", live) end
  tables.a:flush_all()
  tables.a:flush_expired()
end

return _M
