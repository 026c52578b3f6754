-- Numbers that all workers see and that cost no lock: memory which the master process maps before it
-- has workers, so that each of them finds it at the same place. A cell has one writer at a time, and
-- a reader meets what was written last. What needs a name or several writers is in a dictionary.

local ffi = require "ffi"

local control = ngx.shared.rs_control

ffi.cdef [[ void *mmap(void *at, size_t size, int protection, int flags, int file, long offset); ]]

-- As Linux numbers them: readable and writable; shared, and of no file.
local PROTECTION, FLAGS = 3, 33

local _M = {
  -- Workers that may live side by side, old generations included.
  LIVES_MAX = 512,
  -- For the counts of one worker: more than it has connections. Pages that nobody wrote cost nothing.
  OF_ONE_LIFE = 16384,
}

-- The first cell tells that something has changed; its neighbours stay empty, so that no worker that
-- counts makes all others read it again.
_M.CHANGED = 0
local SIZE = (_M.LIVES_MAX + 1) * _M.OF_ONE_LIFE * 4

-- A reload meets the memory that its nginx has already.
local function place()
  local known = control:get("cells")
  if known then return known end
  local made = tonumber(ffi.cast("uintptr_t", ffi.C.mmap(nil, SIZE, PROTECTION, FLAGS, -1, 0)))
  if made == tonumber(ffi.cast("uintptr_t", -1)) then error("no memory for counts") end
  control:safe_set("cells", made)
  return made
end

_M.cells = ffi.cast("int32_t *", ffi.cast("uintptr_t", place()))

return _M
