"""What Redis does in one go, nothing else between: scripts in its language, Lua.

Each extends the life of the keys that it uses.
"""

from __future__ import annotations

from enum import Enum


class Lua(Enum):
    """The scripts. `KEYS` and `ARGV` are named in their first lines."""

    PUT = """
local items, order, numbers, names = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local name, id, item, limit, ttl, known = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5], ARGV[6]
if known and (redis.call('HGET', items, id) or '') ~= known then return 0 end
redis.call('SADD', names, name)
if redis.call('HSET', items, id, item) == 1 then
  redis.call('ZADD', order, redis.call('HINCRBY', numbers, 'put', 1), id)
  if redis.call('ZCARD', order) > limit then
    redis.call('HDEL', items, redis.call('ZPOPMIN', order)[1])
  end
end
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ttl) end
return 1
"""
    """Keep an object; a new one takes the last place, and past the limit the first is forgotten.

    With `known`, only if that is what is there (nothing: there is none).
    """

    PUT_CONTENT = """
local contents, numbers = KEYS[1], KEYS[2]
local id, data, limit, ttl = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local more = #data - redis.call('HSTRLEN', contents, id)
if tonumber(redis.call('HGET', numbers, 'content') or 0) + more > limit then return 0 end
redis.call('HSET', contents, id, data)
redis.call('HINCRBY', numbers, 'content', more)
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ttl) end
return 1
"""
    """Keep bytes, if there is room."""

    DELETE_CONTENT = """
local contents, numbers = KEYS[1], KEYS[2]
redis.call('HINCRBY', numbers, 'content', 0 - redis.call('HSTRLEN', contents, ARGV[1]))
return redis.call('HDEL', contents, ARGV[1])
"""
    """Forget bytes."""

    REPLACE = """
local key, before, after, ttl = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
if (redis.call('GET', key) or '') ~= before then return 0 end
redis.call('SET', key, after, 'EX', ttl)
return 1
"""
    """Put a text in the place of the one that was read (nothing if there was none), if that is still there."""

    SEEN = """
local young, old, script, rules = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local request, limit, ttl = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local count = redis.call('HINCRBY', young, request, 1)
if count == 1 then
  local before = redis.call('HGET', old, request)
  if before then count = redis.call('HINCRBY', young, request, before) end
  if redis.call('HLEN', young) > limit then redis.call('RENAME', young, old) end
end
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ttl) end
return {count, redis.call('HGET', script, 'revision') or ''}
"""
    """Count a request, in two generations as `core.recent.Recent` does, and tell the script's revision."""

    VIEW = """
local script, rules = KEYS[1], KEYS[2]
local known = ARGV[1]
local text = ''
if redis.call('HGET', script, 'version') ~= known then text = redis.call('GET', rules) or '' end
return {redis.call('HGETALL', script), text}
"""
    """Tell how far the script is, with the rules if they are others than those known."""

    TAKE = """
local script = KEYS[1]
local known, next, rule = ARGV[1], ARGV[2], ARGV[3]
if (redis.call('HGET', script, 'revision') or '') ~= known then return 0 end
redis.call('HINCRBY', script, 'used:' .. rule, 1)
redis.call('HSET', script, 'revision', next)
return 1
"""
    """Use up a rule's next word, if nothing has changed since the script was looked at."""

    CHANGE = """
local script, rules = KEYS[1], KEYS[2]
local known, text, ttl = ARGV[1], ARGV[2], ARGV[3]
if (redis.call('HGET', script, 'revision') or '') ~= known then return 0 end
redis.call('DEL', script)
redis.call('HSET', script, unpack(ARGV, 4))
redis.call('SET', rules, text)
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ttl) end
return 1
"""
    """Put other rules in the place of those that were looked at, if nothing has changed since."""

    ADD = """
local numbers, calls, ended, usage = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local call, limit, room, ttl = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local index = redis.call('HINCRBY', numbers, 'count', 1) - 1
local first = tonumber(redis.call('HGET', numbers, 'first') or 0)
local bytes = redis.call('HINCRBY', numbers, 'bytes', #call)
redis.call('HSET', calls, index, call)
while index - first >= limit or (bytes > room and first < index) do
  local size = redis.call('HSTRLEN', calls, first)
  redis.call('HDEL', calls, first)
  redis.call('HDEL', ended, first)
  bytes = bytes - size
  first = first + 1
end
redis.call('HSET', numbers, 'first', first, 'bytes', bytes)
for at = 5, #ARGV, 2 do
  local name, amount = ARGV[at], tonumber(ARGV[at + 1])
  if name:sub(-7) == '_method' then
    amount = amount - math.min(amount, tonumber(redis.call('HGET', usage, name) or 0))
  end
  redis.call('HINCRBY', usage, name, amount)
end
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ttl) end
return index
"""
    """Keep a call and sum its usage; past the limit or the room the oldest calls are forgotten."""

    END = """
local calls, ended = KEYS[1], KEYS[2]
if redis.call('HEXISTS', calls, ARGV[1]) == 1 then
  redis.call('HSET', ended, ARGV[1], ARGV[2])
  redis.call('EXPIRE', ended, ARGV[3])
end
"""
    """Note how and when a call ended, if it is still kept."""

    REVISE = """
local calls, usage, numbers = KEYS[1], KEYS[2], KEYS[3]
local index, before, after = ARGV[1], ARGV[2], ARGV[3]
if redis.call('HGET', calls, index) ~= before then return 0 end
redis.call('HSET', calls, index, after)
redis.call('HINCRBY', numbers, 'bytes', #after - #before)
for at = 4, #ARGV, 2 do redis.call('HINCRBY', usage, ARGV[at], ARGV[at + 1]) end
return 1
"""
    """Put another record in the place of the one that was read, if that is still there, and correct the sums."""

    CLEAR = """
local numbers, calls, ended, usage = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
redis.call('DEL', calls, ended, usage)
redis.call('HSET', numbers, 'first', redis.call('HGET', numbers, 'count') or 0, 'bytes', 0)
redis.call('EXPIRE', numbers, ARGV[1])
"""
    """Forget calls and usage; numbering goes on."""

    RESET = """
local numbers, script, rules, names = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local prefix, revision, text, ttl = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
for _, name in ipairs(redis.call('SMEMBERS', names)) do
  redis.call('DEL', prefix .. ':items:' .. name, prefix .. ':order:' .. name)
end
redis.call('DEL', script, unpack(KEYS, 4))
redis.call('HSET', script, 'revision', revision, 'version', revision)
redis.call('SET', rules, text)
local count = redis.call('HGET', numbers, 'count') or 0
redis.call('HSET', numbers, 'first', count, 'base', count, 'bytes', 0, 'content', 0)
for at = 1, 3 do redis.call('EXPIRE', KEYS[at], ttl) end
"""
    """Forget all, but not how far numbers have gone: what is still open must not find another in its place."""

    @property
    def text(self) -> str:
        """The script."""
        return self.value
