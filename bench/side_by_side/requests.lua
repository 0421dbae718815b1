-- wrk sends the requests of a file: `<bytes>\n<request>` again and again. "cycle" begins anew at its end, "once" uses
-- each a single time and stops wrk when none is left. The last line of the output is for load.py.
local ffi = require("ffi")
ffi.cdef("int getpid(void); int kill(int pid, int signal);")

local threads, requests, handed_out, once = {}, {}, 0, false

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  local file = assert(io.open(args[1], "rb"))
  once = args[2] == "once"
  for line in file:lines() do
    requests[#requests + 1] = file:read(tonumber(line))
  end
  file:close()
  used = 0
  ran_out = 0
end

function request()
  if once and handed_out == #requests then
    if ran_out == 0 then
      ran_out = 1
      ffi.C.kill(ffi.C.getpid(), 2) -- wakes wrk from the sleep in which it waits for the end
      wrk.thread:stop()
    end
    return requests[1]
  end
  handed_out = handed_out + 1
  used = handed_out
  return requests[(handed_out - 1) % #requests + 1]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "used": %d, "ran_out": %s, ' ..
      '"refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    threads[1]:get("used"), threads[1]:get("ran_out") == 1 and "true" or "false",
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
