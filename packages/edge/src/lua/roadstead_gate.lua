-- Who passes the gate of a route that is an entry: the same answers, in the same order, as the text
-- gives by `core/nginx/settings.ts`. Its parts are parsed by `roadstead_choice.lua`; each is one of our
-- own words, a number, or a name or path of the grammar, and an address is built from them here.

local _M = {}

local REFUSED = "You may not come in here."

local function send(status, scheme, name, port, path)
  local var = ngx.var
  local address = (scheme or var.scheme) .. "://" .. (name or var.host) .. port .. (path or var.request_uri)
  return ngx.redirect(address, status)
end

-- Says where the visitor has to go, if he may not pass. `refuse` answers in his stead.
function _M.pass(gate, refuse)
  local var = ngx.var
  local is_plain = var.https ~= "on"
  -- Over plain HTTP it would be believed from anybody in between.
  if gate.hsts and not is_plain then ngx.header["Strict-Transport-Security"] = gate.hsts end
  if is_plain and gate.t == "o" then return refuse(403, REFUSED) end
  if is_plain and gate.t == "r" then return send(308, "https", nil, var.rs_tls_suffix) end
  if not gate.c then return end
  -- The port that the visitor wrote stays where the place stays.
  local usual = (gate.s or gate.d) and "" or var.rs_suffix
  return send(tonumber(gate.c), gate.s, gate.d, gate.p and ":" .. gate.p or usual, gate.l)
end

return _M
