"""The rules of fault_proxy.py: which request is met by which fault. Pure, but for the lock of the counts.

A rule is a JSON object; the first that matches a request decides, and where none does it passes:

  method    "GET"                   any by default
  path      regular expression      searched in the request's target
  range     true | false            only requests with a Range header, or only those without
  from      1                       the first of the requests matched so far that is hit, counted from 1
  times     -1                      how many are hit; -1: all that follow. A rule that is used up is passed over
  delay_ms  0                       before the server is asked
  action    one of ACTIONS          with its values, see fault_actions.py
"""

import re
import threading

ACTIONS = {  # name: the values it may have
    "pass": set(),
    "status": {"status", "retry_after", "headers", "body", "body_bytes"},
    "expired": set(),
    "redirect": {"status", "location"},
    "reset": {"at"},
    "close": {"at"},
    "stall": {"at"},
    "drip": {"bytes", "every_ms"},
    "flip": {"at"},
    "header": {"name", "value"},
    "length": {"add"},
    "whole": set(),
    "gzip": set(),
    "endless_headers": set(),
    "endless_body": set(),
    "truncate": {"by"},
}
MATCHES = {"method", "path", "range", "from", "times", "delay_ms", "action"}
PASS = {"action": "pass"}


class RuleError(ValueError):
    """A rule that the proxy does not understand; the message names it."""


def check(rule):
    if not isinstance(rule, dict) or rule.get("action") not in ACTIONS:
        raise RuleError(f"no known action in {rule!r}; there are {', '.join(ACTIONS)}")
    unknown = set(rule) - MATCHES - ACTIONS[rule["action"]]
    if unknown:
        raise RuleError(f"{rule['action']} has no {', '.join(sorted(unknown))}: {rule!r}")
    try:
        re.compile(rule.get("path", ""))
    except re.error as error:
        raise RuleError(f"path of {rule!r}: {error}") from None


class Rules:
    """Thread-safe. `generation` grows with each change, so that what stalls notices it."""

    def __init__(self):
        self._lock = threading.Lock()
        self._rules = []
        self._seen = []
        self._hits = []
        self.generation = 0

    def replace(self, rules):
        if not isinstance(rules, list):
            raise RuleError("rules are a list")
        for rule in rules:
            check(rule)
        with self._lock:
            self._rules = [dict(rule, compiled=re.compile(rule.get("path", ""))) for rule in rules]
            self._seen = [0] * len(rules)
            self._hits = [0] * len(rules)
            self.generation += 1

    def take(self, method, target, ranged):
        """The rule for a request, which is counted."""
        if not self._rules:
            return PASS
        with self._lock:
            for number, rule in enumerate(self._rules):
                if (rule.get("method", method) != method or rule.get("range", ranged) != ranged
                        or not rule["compiled"].search(target)):
                    continue
                self._seen[number] += 1
                first, times = rule.get("from", 1), rule.get("times", -1)
                if self._seen[number] >= first and (times < 0 or self._seen[number] < first + times):
                    self._hits[number] += 1
                    return rule
        return PASS

    def hits(self):
        """How many requests each rule has hit."""
        with self._lock:
            return list(self._hits)
