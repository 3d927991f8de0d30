package fetch

import (
	"bytes"
	"slices"
	"strings"
)

// maxSniffed bounds the bytes of a body that are looked at.
const maxSniffed = 1024

// isOpaqueBlocked is opaque response blocking as Chromium does it
// (https://github.com/annevk/orb): what its type, or its type and its beginning,
// say is data. An unknown body is not looked at.
func isOpaqueBlocked(t *responseType, body *Received) bool {
	switch {
	case isOpaqueBlockedByType(t, body), t.nosniff && t.essence == "text/plain":
		return true
	case body == nil:
		return false
	}
	start := bytes.TrimLeft(body.Start[:min(len(body.Start), maxSniffed)], " \t\r\n\f")
	switch {
	case t.essence == "text/html":
		return isHTML(start)
	case t.isJSON():
		return isJSONObject(start)
	case t.isMarkup():
		return bytes.HasPrefix(start, []byte("<?xml"))
	case t.essence == "text/plain":
		return isHTML(start) || isJSONObject(start) || bytes.HasPrefix(start, []byte("<?xml"))
	}
	return false
}

// isOpaqueBlockedByType is the part of opaque response blocking that needs only
// the type. The rest of what Firefox does, such as to look whether the body is a
// script, refuses only what its destination could not use anyway.
func isOpaqueBlockedByType(t *responseType, _ *Received) bool {
	return isNeverSniffed(t.essence) || t.nosniff && t.isMarkup()
}

// isMarkup reports whether the type is an opaque-blocklisted MIME type.
func (t *responseType) isMarkup() bool {
	return t.essence == "text/html" || t.isJSON() || t.isXML() && t.essence != "image/svg+xml"
}

// neverSniffed are the types of data that the type alone blocks, and officeTypes
// the beginnings of more.
var (
	neverSniffed = []string{
		"application/gzip", "application/x-gzip", "application/zip", "application/x-protobuf", "application/pdf",
		"application/msexcel", "application/mspowerpoint", "application/msword", "application/msword-template",
		"application/vnd.msword", "text/csv", "text/event-stream",
	}
	officeTypes = []string{
		"application/vnd.ces-quick", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/vnd.ms-word",
		"application/vnd.openxmlformats-officedocument.", "application/vnd.presentation-openxml",
		"application/vnd.spreadsheet-openxml", "application/vnd.wordprocessing-openxml",
	}
)

func isNeverSniffed(essence string) bool {
	return slices.Contains(neverSniffed, essence) ||
		slices.ContainsFunc(officeTypes, func(p string) bool { return strings.HasPrefix(essence, p) })
}

// htmlTags are the tags with which HTML begins
// (https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type).
var htmlTags = []string{
	"<!doctype html", "<script", "<html", "<head", "<iframe", "<h1", "<div", "<font", "<table", "<a", "<style", "<title", "<b", "<body", "<br", "<p", "<?xml",
}

// isHTML reports whether a body begins as HTML does, after comments.
func isHTML(start []byte) bool {
	for bytes.HasPrefix(start, []byte("<!--")) {
		_, rest, ok := bytes.Cut(start, []byte("-->"))
		if !ok {
			return false
		}
		start = bytes.TrimLeft(rest, " \t\r\n\f")
	}
	begin := lower(string(start[:min(len(start), len(htmlTags[0]))]))
	return slices.ContainsFunc(htmlTags, func(tag string) bool { return strings.HasPrefix(begin, tag) })
}

// isJSONObject reports whether a body begins as an object with a member does:
// no script begins so.
func isJSONObject(start []byte) bool {
	rest, ok := bytes.CutPrefix(start, []byte("{"))
	if !ok {
		return false
	}
	if rest, ok = bytes.CutPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte(`"`)); !ok {
		return false
	}
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case '"':
			return bytes.HasPrefix(bytes.TrimLeft(rest[i+1:], " \t\r\n"), []byte(":"))
		}
	}
	return false
}
