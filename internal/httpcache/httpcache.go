// Package httpcache reads what responses say to shared caches (RFC 9111).
package httpcache

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Header is the header of a response, such as the Headers of package fetch.
type Header interface {
	// Get returns the value of a field, its lines joined; "" if it is not there.
	Get(name string) string
}

// status are the headers in which caches say whether they had a response.
var status = []string{"X-Cache", "CF-Cache-Status", "X-Cache-Status", "X-Proxy-Cache", "Cache-Status", "X-Vercel-Cache"}

// IsStored reports whether a cache may have made the response from one that it
// stored.
func IsStored(h Header) bool {
	if age, err := strconv.Atoi(strings.Trim(h.Get("Age"), " \t")); err == nil && age > 0 {
		return true
	}
	for _, name := range status {
		if v := strings.ToLower(h.Get(name)); strings.Contains(v, "hit") || strings.Contains(v, "stale") {
			return true
		}
	}
	return len(strings.Fields(h.Get("X-Varnish"))) == 2 // the id of the request that filled the cache, too
}

// IsForbidden reports whether shared caches must not store the response.
func IsForbidden(h Header) bool {
	for name := range directives(h) {
		if name == "no-store" || name == "private" {
			return true
		}
	}
	return false
}

// IsInvited reports whether the response says that shared caches may store it,
// and use it without asking again.
func IsInvited(h Header) bool {
	invited := false
	for name, value := range directives(h) {
		switch name {
		case "no-store", "private", "no-cache":
			return false
		case "public", "immutable":
			invited = true
		case "max-age", "s-maxage":
			seconds, err := strconv.Atoi(strings.Trim(value, `"`))
			invited = invited || err == nil && seconds > 0
		}
	}
	return invited
}

// Storage is what shared caches do with a response.
type Storage uint8

// The kinds of storage.
const (
	Never        Storage = iota
	IfConfigured         // some do, as they are configured: the response says nothing
	ByDefault            // those without a configuration for it do
)

// heuristic are the statuses of responses that caches may store if they say nothing
// about it (RFC 9110, section 15.1).
var heuristic = []int{
	http.StatusOK, http.StatusNonAuthoritativeInfo, http.StatusNoContent, http.StatusPartialContent, http.StatusMultipleChoices,
	http.StatusMovedPermanently, http.StatusPermanentRedirect, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone,
	http.StatusRequestURITooLong, http.StatusNotImplemented,
}

// StorageOf returns what shared caches do with a response to a GET (RFC 9111,
// sections 3 and 4.2).
func StorageOf(status int, h Header) Storage {
	switch {
	case IsForbidden(h):
		return Never
	case IsInvited(h), IsStored(h), isFresh(h):
		return ByDefault
	case !slices.Contains(heuristic, status):
		return Never
	}
	for name := range directives(h) {
		if name == "no-cache" || name == "max-age" || name == "s-maxage" {
			return IfConfigured
		}
	}
	if h.Get("Last-Modified") != "" && h.Get("Expires") == "" {
		return ByDefault // for a time that they guess
	}
	return IfConfigured
}

// isFresh reports whether Expires, which Cache-Control replaces, is later than
// Date.
func isFresh(h Header) bool {
	expires, err := http.ParseTime(h.Get("Expires"))
	if err != nil || h.Get("Cache-Control") != "" {
		return false
	}
	date, err := http.ParseTime(h.Get("Date"))
	return err != nil || expires.After(date)
}

// directives yields those of Cache-Control, in lower case.
func directives(h Header) func(yield func(name, value string) bool) {
	return func(yield func(name, value string) bool) {
		for d := range strings.SplitSeq(strings.ToLower(h.Get("Cache-Control")), ",") {
			name, value, _ := strings.Cut(strings.Trim(d, " \t"), "=")
			if !yield(strings.TrimRight(name, " \t"), strings.TrimLeft(value, " \t")) {
				return
			}
		}
	}
}
