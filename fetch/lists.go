package fetch

import (
	"math"
	"strconv"
	"strings"
)

// Bounds of the lists in Access-Control headers. A list beyond them counts as
// malformed; a server or browser would have refused so long a header anyway.
const (
	maxListBytes = 256 << 10
	maxListItems = 4096
)

// parseTokenList returns the members of a comma-separated list of tokens
// (https://fetch.spec.whatwg.org/#extract-header-list-values). It skips empty
// members. If a member is not a token, ok is false and bad is that member.
func parseTokenList(v string) (items []string, bad string, ok bool) {
	if len(v) > maxListBytes {
		return nil, "", false
	}
	if v == "" {
		return nil, "", true
	}
	items = make([]string, 0, min(strings.Count(v, ",")+1, maxListItems))
	for rest, more := v, true; more; {
		var item string
		item, rest, more = strings.Cut(rest, ",")
		if item = trimOWS(item); item == "" {
			continue
		}
		if !isToken(item) || len(items) == maxListItems {
			return nil, item, false
		}
		items = append(items, item)
	}
	return items, "", true
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func containsFold(list []string, s string) bool {
	for _, x := range list {
		if equalFold(x, s) {
			return true
		}
	}
	return false
}

// defaultMaxAge is how many seconds a preflight is remembered without a valid
// Access-Control-Max-Age (https://fetch.spec.whatwg.org/#cors-preflight-fetch).
const defaultMaxAge = 5

// chromiumMaxAge parses as Chromium's StringToInt64 does, on the joined lines:
// signs and leading zeros are allowed, a negative number is 0, and anything
// else gives the default.
func chromiumMaxAge(v string, lines int) (int64, bool) {
	if lines == 0 {
		return defaultMaxAge, true
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || strings.Contains(v, "_") {
		return defaultMaxAge, true
	}
	return max(n, 0), true
}

// firefoxMaxAge accepts digits only. With an empty value the default applies;
// with anything else the preflight is not cached.
func firefoxMaxAge(v string, _ int) (int64, bool) {
	if v == "" {
		return defaultMaxAge, true
	}
	if !isDigits(v) {
		return 0, false
	}
	return parseDigits(v), true
}

// safariMaxAge parses as WebKit does: a leading plus is allowed, and a negative
// number is not cached.
func safariMaxAge(v string, _ int) (int64, bool) {
	digits := v
	if v != "" && (v[0] == '+' || v[0] == '-') {
		digits = v[1:]
	}
	n, err := strconv.ParseUint(digits, 10, 63)
	switch {
	case err != nil:
		return defaultMaxAge, true
	case v[0] == '-':
		return 0, true
	}
	return int64(n), true
}

// standardMaxAge parses delta-seconds. A missing or malformed value gives the
// default.
func standardMaxAge(v string, _ int) (int64, bool) {
	if v == "" || !isDigits(v) {
		return defaultMaxAge, true
	}
	return parseDigits(v), true
}

// parseDigits returns a decimal number, or the greatest int64 if it is greater.
func parseDigits(v string) int64 {
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return math.MaxInt64
	}
	return n
}
