package har

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

// unknownStored says why a request whose stored response is not in the file is
// not decided.
const unknownStored = "the answer is 304, and the file does not have the headers of the stored response"

// validates reports whether the browser asked with e whether a response that it
// has stored is still good, and the server said that it is. Some programs write
// the status and the body of the stored response beside the headers of the 304.
func (e *Entry) validates() bool {
	conditional := e.Headers.Has("If-None-Match") || e.Headers.Has("If-Modified-Since")
	switch {
	case e.preflight:
		return false
	case e.Status == http.StatusNotModified:
		return true
	case !conditional || e.Status != http.StatusOK || e.contentSize <= 0:
		return false
	}
	described := e.ResponseHeaders.Has("Content-Type") || e.ResponseHeaders.Has("Content-Length")
	return e.bodySize == 0 || e.bodySize < 0 && !described
}

// asksForCondition reports whether script set the condition of entry i itself,
// as its preflight shows. Script then gets the 304.
func (k *linker) asksForCondition(i int) bool {
	j, ok := k.preflight[i]
	if !ok {
		return false
	}
	return slices.ContainsFunc(names(k.log.Entries[j].Headers.Get("Access-Control-Request-Headers")), func(n name) bool {
		return n.string == "if-none-match" || n.string == "if-modified-since"
	})
}

// answered returns entry i as recorded, with the response that script got. If
// the server said that a stored response is still good, that is the stored
// response with the headers of the 304 (RFC 9111 §4.3.4).
func (k *linker) answered(c *Conversation, i int) fetch.Recorded {
	e := k.log.Entries[i]
	r := e.answered()
	if !e.validates() || k.asksForCondition(i) {
		return r
	}
	stored := k.storedFor(i)
	if stored == nil {
		if r.ResponseHeaders.Get("Access-Control-Allow-Origin") == "" {
			c.Unknown = unknownStored
		}
		return r
	}
	r.Status, r.ResponseHeaders = stored.Status, updated(stored.ResponseHeaders, e.ResponseHeaders)
	c.Notes = append(c.Notes, fmt.Sprintf("the server said that the stored response is still good (304); that is the response of request %d, with the headers of the 304", stored.Number))
	return r
}

// storedFor returns the latest entry before i whose response the browser may
// have stored and asked about with i, or nil.
func (k *linker) storedFor(i int) *Entry {
	e := k.log.Entries[i]
	before := k.byURL[k.keys[i]]
	at, _ := slices.BinarySearch(before, i)
	for n := at - 1; n >= max(0, at-maxCandidates); n-- {
		k.work++
		s := k.log.Entries[before[n]]
		if s.Method == http.MethodGet && s.Status == http.StatusOK && !s.validates() && e.asksAbout(s) {
			return s
		}
	}
	return nil
}

// asksAbout reports whether e's condition is that the response of an earlier entry
// is still good (RFC 9110 §13.1).
func (e *Entry) asksAbout(earlier *Entry) bool {
	if tags := e.Headers.Get("If-None-Match"); tags != "" {
		tag := earlier.ResponseHeaders.Get("ETag")
		return tag != "" && strings.Contains(tags, strings.TrimPrefix(tag, "W/"))
	}
	since := e.Headers.Get("If-Modified-Since")
	return since == "" || since == earlier.ResponseHeaders.Get("Last-Modified") // without both, the file has not what was sent
}

// updated returns stored headers with those of the 304, except for those that
// are about its own message (RFC 9111 §3.2).
func updated(stored, fresh fetch.Headers) fetch.Headers {
	list := slices.Clone(stored)
	isOwn := func(name string) bool {
		switch strings.ToLower(name) {
		case "connection", "keep-alive", "transfer-encoding", "content-length", "content-type", "content-encoding", "content-range":
			return true
		}
		return false
	}
	for _, h := range fresh {
		if !isOwn(h.Name) {
			list.Del(h.Name)
		}
	}
	for _, h := range fresh {
		if !isOwn(h.Name) {
			list = append(list, h)
		}
	}
	return list
}
