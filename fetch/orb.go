package fetch

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// maxSniffed bounds the bytes of a body that are looked at.
const maxSniffed = 1024

// Why a response is data, in Firefox's words.
const (
	dataByType    = "mimeType is an opaque-blocklisted-never-sniffed MIME type"
	dataByNosniff = "nosniff is true and mimeType is an opaque-blocklisted MIME type or its essence is 'text/plain'"
	dataNoMedia   = "after sniff: content-type declares image/video/audio, but sniffing fails"
	dataNoScript  = "Javascript validation failed"
)

// blockedByType is the part of opaque response blocking that needs only the
// type (https://github.com/annevk/orb).
func blockedByType(t *responseType) string {
	switch {
	case slices.Contains(neverSniffed, t.essence):
		return dataByType
	case t.nosniff && t.isMarkup():
		return dataByNosniff
	}
	return ""
}

// chromiumBlocks is opaque response blocking as Chromium does it: of data by its
// type, and of what begins as data does. An unknown body is not looked at.
func chromiumBlocks(t *responseType, body *Received, _ Destination) string {
	if why := blockedByType(t); why != "" {
		return why
	}
	if t.nosniff && t.essence == "text/plain" {
		return dataByNosniff
	}
	start := startOf(body)
	if t.essence == "text/css" || t.essence == "image/svg+xml" || t.essence == "" || !isHTML(start) && !isJSONObject(start) {
		return ""
	}
	return dataNoScript
}

// firefoxBlocks is opaque response blocking as Firefox does it: what is not of a
// harmless type must be a script. Instead of parsing it as one, this looks for
// HTML, XML and JSON, and takes no stylesheet for a script. A script may begin
// with a comment of HTML.
func firefoxBlocks(t *responseType, body *Received, d Destination) string {
	if why := blockedByType(t); why != "" {
		return why
	}
	group, _, _ := strings.Cut(t.essence, "/")
	switch start := startOf(body); {
	case len(start) == 0, t.essence == "", t.isScript(), t.essence == "text/css", t.essence == "text/vtt", t.essence == "image/svg+xml":
		return ""
	case d != DestinationScript && d != DestinationStyle:
		return "" // images and media are recognised by their beginning
	case group == "image" || group == "audio" || group == "video":
		return dataNoMedia
	case d == DestinationStyle || start[0] == '<' && !bytes.HasPrefix(start, []byte("<!--")) || json.Valid(start):
		return dataNoScript
	}
	return ""
}

// startOf returns the beginning of a body, without blanks before it; nil if it
// is not known.
func startOf(body *Received) []byte {
	if body == nil {
		return nil
	}
	return bytes.TrimLeft(body.Start[:min(len(body.Start), maxSniffed)], " \t\r\n\f")
}

// isMarkup reports whether the type is an opaque-blocklisted MIME type.
func (t *responseType) isMarkup() bool {
	return t.essence == "text/html" || t.isJSON() || t.isXML() && t.essence != "image/svg+xml" && t.essence != "application/dash+xml"
}

// openXML is how the types of Office Open XML begin.
const openXML = "application/vnd.openxmlformats-officedocument."

// neverSniffed are the types of data that the type alone blocks
// (https://github.com/annevk/orb#new-mime-type-sets), as both browsers have
// them.
var neverSniffed = []string{
	"application/gzip", "application/x-gzip", "application/zip", "application/x-protobuf", "application/x-protobuffer", "application/pdf",
	"application/msexcel", "application/mspowerpoint", "application/msword", "application/msword-template",
	"application/vnd.ces-quickpoint", "application/vnd.ces-quicksheet", "application/vnd.ces-quickword",
	"application/vnd.ms-excel", "application/vnd.ms-excel.sheet.macroenabled.12",
	"application/vnd.ms-powerpoint", "application/vnd.ms-powerpoint.presentation.macroenabled.12",
	"application/vnd.ms-word", "application/vnd.ms-word.document.12", "application/vnd.ms-word.document.macroenabled.12",
	"application/vnd.msword",
	openXML + "presentationml.presentation", openXML + "presentationml.template",
	openXML + "spreadsheetml.sheet", openXML + "spreadsheetml.template",
	openXML + "wordprocessingml.document", openXML + "wordprocessingml.template",
	"application/vnd.presentation-openxml", "application/vnd.presentation-openxmlm",
	"application/vnd.spreadsheet-openxml", "application/vnd.wordprocessing-openxml",
	"text/csv", "text/event-stream", "multipart/byteranges", "multipart/signed",
}

// htmlTags are the tags with which HTML begins
// (https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type).
var htmlTags = []string{
	"<!doctype html", "<script", "<html", "<head", "<iframe", "<h1", "<div", "<font", "<table", "<a", "<style", "<title", "<b", "<body", "<br", "<p", "<?xml",
}

// isHTML reports whether a body begins as HTML does. A comment may begin a
// script, too.
func isHTML(start []byte) bool {
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
