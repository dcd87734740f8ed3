"""The cache: Valkey or Redis, and the process's own memory while that is away.

It holds only counters of the sign-in limits and the like. Losing it must not stop a clinician from working, so a failed
connection is logged once and the memory of this process takes over until the server is back.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

RETRY_SECONDS = 10.0


class Cache(BaseCache):
    def __init__(self, location: str, params: Mapping[str, Any]) -> None:
        super().__init__(dict(params))
        self._location = location
        self._params = dict(params)
        self._memory = LocMemCache("painplan-fallback", dict(params))
        self._remote_cache: RedisCache | None = None
        self._down_until = 0.0

    def _remote(self) -> RedisCache:
        if self._remote_cache is None:
            location = self._location
            if not location:
                from painplan.services import ensure_valkey

                location = ensure_valkey() + "?db=1"
            options = {"socket_connect_timeout": 1, "socket_timeout": 1, "retry": Retry(NoBackoff(), 0)}
            self._remote_cache = RedisCache(location, self._params | {"OPTIONS": options})
        return self._remote_cache

    def _call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= self._down_until:
            try:
                return getattr(self._remote(), method)(*args, **kwargs)
            except (RedisError, OSError) as error:
                self._down_until = time.monotonic() + RETRY_SECONDS
                logger.warning(
                    "The cache is away (%s); this process counts for itself meanwhile.", type(error).__name__
                )
        return getattr(self._memory, method)(*args, **kwargs)

    def is_reachable(self) -> bool:
        """Ask the server itself, whatever happened before."""
        try:
            remote = self._remote()
            return bool(remote._cache.get_client().ping())
        except (RedisError, OSError, RuntimeError):
            return False

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._call("add", key, value, timeout, version))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._call("get", key, default, version)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._call("set", key, value, timeout, version)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._call("touch", key, timeout, version))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._call("delete", key, version))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return int(self._call("incr", key, delta, version))

    def clear(self) -> None:
        self._call("clear")
