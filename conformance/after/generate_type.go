package after

import (
	"math/rand/v2"

	"github.com/corsac-dev/corsac/fetch"
)

// types are Content-Types: groups of MIME types, types that cannot be read, and
// several in one line. "-" stands for no header.
var types = []string{
	"-", "", "garbage", "*/*", "text/plain", "text/html", "text/css", "text/css;charset=utf-8", "text/foo", "foo/bar",
	"application/octet-stream", "application/wasm", "text/vtt", "font/woff2", "multipart/related", "unknown/unknown",
	"text/javascript", "application/javascript", "application/x-javascript", "text/ecmascript", "text/jscript", "text/livescript",
	"TEXT/JAVASCRIPT; charset=utf-8", "text/javascript1.5", "text/javascript2", "application/jscript",
	"text/javascript, text/plain", "text/plain, text/javascript",
	"application/json", "text/json", "application/foo+json", "text/x-json", "application/manifest+json",
	"application/xml", "text/xml", "application/foo+xml",
	"image/png", "audio/mpeg", "video/mp4", "text/csv", "application/pdf", "application/zip", "application/gzip",
	"application/vnd.ms-excel", "application/msword", "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"text/event-stream", "text/event-stream;charset=utf-8", "TEXT/EVENT-STREAM", "text/event-stream;charset=latin1",
}

// drawType draws a response with a type of any kind.
func drawType(r *rand.Rand, c *Case) {
	_, c.Body = begin(r, c, destinations...)
	if typ := pick(r, types...); typ != "-" {
		c.header("Content-Type", typ)
	}
	if r.IntN(2) == 0 {
		c.header("X-Content-Type-Options", pick(r, "nosniff", "nosniff", "NoSniff", "nosniff, x", "x, nosniff", "none"))
	}
	c.whole()
}

// drawSniffed draws a script or stylesheet without CORS that may be data.
func drawSniffed(r *rand.Rand, c *Case) {
	_, _ = begin(r, c, fetch.DestinationScript, fetch.DestinationStyle)
	c.Mode = fetch.ModeNoCORS
	c.header("Content-Type", pick(r, "text/html", "application/json", "text/json", "application/xml", "application/foo+xml", "text/plain", "text/javascript", "text/css", "text/foo", "garbage"))
	if r.IntN(4) == 0 {
		c.header("X-Content-Type-Options", "nosniff")
	}
	c.Body = pick(r,
		"<!doctype html><p>x", "  \n<!DOCTYPE HTML>", "<html>", "<!-- a --> <b>x</b>", "<p>x", "<x>", "<?xml version='1.0'?><a/>", "<a/>",
		`{"a": 1}`, `{ "a" : 1}`, `{a: 1}`, `{"a"}`, `["a"]`, `"a"`, "var x = 1;", "x", "// <html>",
	)
	c.whole()
}

// drawEmbedder draws a page with an embedder policy.
func drawEmbedder(r *rand.Rand, c *Case) {
	typ, body := begin(r, c, destinations...)
	c.Body = body
	c.Page = pick(r, "", "require-corp", "require-corp", "credentialless", "?require-corp", "Require-Corp", `require-corp; report-to="a"`, "require-corp, require-corp", "unsafe-none")
	c.header("Content-Type", typ)
	if corp := pick(r, "", "", "same-origin", "same-site", "cross-origin", "Cross-Origin", "x"); corp != "" {
		c.header("Cross-Origin-Resource-Policy", corp)
	}
	if own := pick(r, "", "", "require-corp", "credentialless"); own != "" {
		c.header("Cross-Origin-Embedder-Policy", own)
	}
	c.whole()
}
