-- What is under way, by name and worker: requests by `<address>:<port>`, and those that wait for an
-- endpoint by service id. A number is a cell that its worker alone writes; which cell a name has is
-- in a dictionary, that a request touches only when its name had none. Those of a killed worker are
-- told apart by its pid, and those of one that is leaving still count.

local shared = require "roadstead_cells"
local ffi = require "ffi"

ffi.cdef [[ int getpid(void); int getppid(void); ]]

local control, flight = ngx.shared.rs_control, ngx.shared.rs_flight
local cells, LIVES_MAX, OF_ONE_LIFE = shared.cells, shared.LIVES_MAX, shared.OF_ONE_LIFE

-- Names whose count has come down to zero keep their cell until so many others have: a service that is
-- asked now and then need not write its name each time.
local ZEROS_MAX = 2048
-- Looked up in one go: some 0.3 ms.
local LOOKS_AT_ONCE = 250
-- The shortest time after which nginx looks at its visitors first: without any it comes back at once.
local BREATH_S = 0.001

local _M = {}
local pid, first_cell, used = 0, 0, 0
local others, lives = {}, -1
local counts = setmetatable({}, { __mode = "v" })
local left, lefts = {}, 0
local zeros, zero = {}, 0

-- A worker of this nginx: its parent is our own.
local function is_alive(other)
  local file = io.open("/proc/" .. other .. "/stat")
  if not file then return false end
  local parent = file:read("*a"):match("%) %a (%d+)")
  file:close()
  return tonumber(parent) == ffi.C.getppid()
end

-- Pids of workers that said they live; some may have been killed.
local function owners()
  local list = {}
  for place = 1, math.min(control:get("births") or 0, LIVES_MAX) do
    list[#list + 1] = control:get("w" .. place)
  end
  return list
end

function _M.count(name)
  local count = counts[name]
  if not count then
    count = { name = name, key = pid .. " " .. name, own = 0, cell = false, is_lost = false }
    count.is_zero = false
    counts[name] = count
  end
  return count
end

-- Names that this worker counts and could not write, because the memory for them is full: while there
-- are any, nobody can say what is under way.
local function mark(count, is_lost)
  if is_lost == count.is_lost then return end
  count.is_lost = is_lost
  control:incr("lost" .. pid, is_lost and 1 or -1, 0)
end

local function take_cell()
  if lefts > 0 then
    lefts = lefts - 1
    return left[lefts + 1]
  end
  if used == OF_ONE_LIFE then return nil end
  used = used + 1
  return first_cell + used - 1
end

local function leave_cell(cell)
  lefts = lefts + 1
  left[lefts] = cell
end

local function write(count)
  local cell = count.own > 0 and take_cell()
  if not cell then return mark(count, count.own > 0) end
  cells[cell] = count.own
  local is_written = flight:safe_set(count.key, cell)
  if is_written then count.cell = cell else leave_cell(cell) end
  mark(count, not is_written)
end

function _M.add(count)
  local own = count.own + 1
  count.own = own
  if count.cell then cells[count.cell] = own else write(count) end
end

-- The name that has been at zero for longest makes room.
local function rest(count)
  zero = zero % ZEROS_MAX + 1
  local oldest = zeros[zero]
  zeros[zero] = count
  count.is_zero = true
  if not oldest then return end
  oldest.is_zero = false
  if oldest.own > 0 then return end
  flight:delete(oldest.key)
  leave_cell(oldest.cell)
  oldest.cell = false
end

function _M.remove(count)
  local own = count.own - 1
  count.own = own
  if not count.cell then return write(count) end
  cells[count.cell] = own
  if own == 0 and not count.is_zero then rest(count) end
end

-- Over all workers.
function _M.total(count)
  local sum = count.own
  if count.lives ~= lives then
    count.lives, count.keys = lives, {}
    for at = 1, #others do count.keys[at] = others[at] .. " " .. count.name end
  end
  for at = 1, #count.keys do
    local cell = flight:get(count.keys[at])
    if cell then sum = sum + cells[cell] end
  end
  return sum
end

-- Workers have come: looked at whenever anything has changed.
function _M.refresh()
  local now = control:get("lives") or 0
  if now == lives then return end
  lives, others = now, {}
  for _, owner in ipairs(owners()) do
    if owner ~= pid then others[#others + 1] = owner end
  end
end

-- Whether every count of these workers is written.
local function is_whole(alive)
  if control:get("homeless") then return false end
  for _, owner in ipairs(alive) do
    if (control:get("lost" .. owner) or 0) > 0 then return false end
  end
  return true
end

local function living()
  local alive = {}
  for _, owner in ipairs(owners()) do
    if is_alive(owner) then alive[#alive + 1] = owner end
  end
  return alive
end

local function number_at(key)
  local cell = flight:get(key)
  return cell and cells[cell] or 0
end

-- Sums by name over workers that live; nil when they are not known.
function _M.totals()
  local alive, sums, looks = living(), {}, 0
  local lives_on = {}
  for _, owner in ipairs(alive) do lives_on[owner] = true end
  for _, key in ipairs(flight:get_keys(0)) do
    local blank = key:find(" ", 1, true)
    if lives_on[tonumber(key:sub(1, blank - 1))] then
      local number = number_at(key)
      local name = key:sub(blank + 1)
      if number > 0 then sums[name] = (sums[name] or 0) + number end
    end
    looks = looks + 1
    if looks % LOOKS_AT_ONCE == 0 then ngx.sleep(BREATH_S) end
  end
  return is_whole(alive) and sums or nil
end

-- The same for these names alone: what others have under way costs nothing.
function _M.totals_of(names)
  local alive, sums, looks = living(), {}, 0
  for _, name in ipairs(names) do
    local sum = 0
    for at = 1, #alive do sum = sum + number_at(alive[at] .. " " .. name) end
    if sum > 0 then sums[name] = sum end
    looks = looks + #alive
    if looks >= LOOKS_AT_ONCE then
      looks = 0
      ngx.sleep(BREATH_S)
    end
  end
  return is_whole(alive) and sums or nil
end

-- Cells that no living worker has; nil when there are as many workers as may be.
local function home()
  for _ = 1, LIVES_MAX do
    local life = control:incr("births", 1, 0)
    local place = (life - 1) % LIVES_MAX + 1
    local owner = control:get("w" .. place)
    if not owner or owner == pid or not is_alive(owner) then return place end
  end
end

-- A worker begins: its pid may have been another's, and another may have been killed.
function _M.begin()
  pid = ffi.C.getpid()
  for _, key in ipairs(flight:get_keys(0)) do
    local owner = tonumber(key:sub(1, key:find(" ", 1, true) - 1))
    if owner == pid or not is_alive(owner) then flight:delete(key) end
  end
  for place = 1, math.min(control:get("births") or 0, LIVES_MAX) do
    local owner = control:get("w" .. place)
    if owner and (owner == pid or not is_alive(owner)) then
      control:delete("w" .. place)
      control:delete("lost" .. owner)
    end
  end
  control:delete("lost" .. pid)
  local place = home()
  if place then
    first_cell = place * OF_ONE_LIFE
    control:safe_set("w" .. place, pid)
  else
    -- Nothing that it does can be known. It stays so until nginx is started anew.
    used = OF_ONE_LIFE
    control:safe_set("homeless", true)
  end
  control:incr("lives", 1, 0)
end

return _M
