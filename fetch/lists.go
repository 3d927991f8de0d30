package fetch

import (
	"math"
	"strconv"
	"strings"
)

// maxListBytes and maxListItems bound Access-Control lists; longer ones count as malformed, long
// after any server or browser would have refused the header.
const (
	maxListBytes = 256 << 10
	maxListItems = 4096
)

// parseTokenList extracts the members of a comma-separated list of tokens
// (https://fetch.spec.whatwg.org/#extract-header-list-values); empty members are skipped, a member
// that is no token fails the list and is returned as bad.
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

// defaultMaxAge is how long a preflight is remembered without a usable Access-Control-Max-Age
// (https://fetch.spec.whatwg.org/#cors-preflight-fetch).
const defaultMaxAge = 5

// chromiumMaxAge is StringToInt64 of the joined lines: signs and leading zeros are fine, negative
// is 0, anything else the default.
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

// firefoxMaxAge takes digits only; anything else but an empty value is not cached at all.
func firefoxMaxAge(v string, _ int) (int64, bool) {
	if v == "" {
		return defaultMaxAge, true
	}
	if !isDigits(v) {
		return 0, false
	}
	return parseDigits(v), true
}

// safariMaxAge is WebKit's parseInteger: a leading plus is fine.
func safariMaxAge(v string, _ int) (int64, bool) {
	n, err := strconv.ParseUint(strings.TrimPrefix(v, "+"), 10, 63)
	if err != nil {
		return defaultMaxAge, true
	}
	return int64(n), true
}

// standardMaxAge is delta-seconds; failure and null give the default.
func standardMaxAge(v string, _ int) (int64, bool) {
	if v == "" || !isDigits(v) {
		return defaultMaxAge, true
	}
	return parseDigits(v), true
}

// parseDigits is a decimal number, held at the greatest int64.
func parseDigits(v string) int64 {
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return math.MaxInt64
	}
	return n
}
