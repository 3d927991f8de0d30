package wpt

import (
	"fmt"

	"github.com/corsac-dev/corsac/fetch"
)

// png is how a PNG image begins.
const png = "\x89PNG\r\n\x1a\n"

// typed returns a response with a type that must not be sniffed, or, if mime is
// absent, without a type.
func typed(mime, start string) *fetch.WireResponse {
	lines := []string{"X-Content-Type-Options: nosniff"}
	if mime != absent {
		lines = append(lines, "Content-Type: "+mime)
	}
	r := to(200, lines...)
	r.Body = &fetch.Received{Start: []byte(start)}
	return r
}

// loads adds tests of elements that load, or do not, by type.
func loads(f *file, at string, d fetch.Destination, start, want string, types ...string) {
	for _, mime := range types {
		f.add(&Case{
			Name: fmt.Sprintf("%q", mime), Request: element(at+"/resource", d), Responses: list(typed(mime, start)), Checks: expect("result", want),
		})
	}
}

func noSniffScript(f *file) {
	loads(f, own, fetch.DestinationScript, "// nothing", "error", absent, "", "x", "x/x", "text/html", "text/json")
	loads(f, own, fetch.DestinationScript, "// nothing", "load", "text/javascript", "text/ecmascript", "text/ecmascript;blah", "text/javascript1.0")
}

func noSniffStyle(f *file) {
	loads(f, own, fetch.DestinationStyle, "#x{}", "error", absent, "", "x", "x/x", "text/html", "text/json")
	loads(f, own, fetch.DestinationStyle, "#x{}", "load", "text/css", "text/css;charset=utf-8", "text/css;blah")
}

func noSniffImage(f *file) {
	loads(f, own, fetch.DestinationImage, png, "load", absent, "", "x", "x/x", "image/gif", "image/png", "image/png;blah", "image/svg+xml",
		"text/html", "application/xml", "application/blah+xml")
}

func opaqueImage(f *file) {
	loads(f, remote, fetch.DestinationImage, png, "load", "text/css", "image/svg+xml", "application/ecmascript", "application/javascript",
		"application/x-ecmascript", "application/x-javascript", "text/ecmascript", "text/javascript", "text/javascript1.0", "text/javascript1.1",
		"text/javascript1.2", "text/javascript1.3", "text/javascript1.4", "text/javascript1.5", "text/jscript", "text/livescript",
		"text/x-ecmascript", "text/x-javascript")
	const office = "application/vnd.openxmlformats-officedocument."
	loads(f, remote, fetch.DestinationImage, png, "error", "text/html", "application/json", "text/json", "application/ld+json", "text/xml",
		"application/xml", "application/xhtml+xml", "application/dash+xml", "application/gzip", "application/msexcel", "application/mspowerpoint",
		"application/msword", "application/msword-template", "application/pdf", "application/vnd.apple.mpegurl", "application/vnd.ces-quickpoint",
		"application/vnd.ces-quicksheet", "application/vnd.ces-quickword", "application/vnd.ms-excel",
		"application/vnd.ms-excel.sheet.macroenabled.12", "application/vnd.ms-powerpoint",
		"application/vnd.ms-powerpoint.presentation.macroenabled.12", "application/vnd.ms-word", "application/vnd.ms-word.document.12",
		"application/vnd.ms-word.document.macroenabled.12", "application/vnd.msword", office+"presentationml.presentation",
		office+"presentationml.template", office+"spreadsheetml.sheet", office+"spreadsheetml.template", office+"wordprocessingml.document",
		office+"wordprocessingml.template", "application/vnd.presentation-openxml", "application/vnd.presentation-openxmlm",
		"application/vnd.spreadsheet-openxml", "application/vnd.wordprocessing-openxml", "application/x-gzip", "application/x-protobuf",
		"application/x-protobuffer", "application/zip", "audio/mpegurl", "multipart/byteranges", "multipart/signed", "text/event-stream",
		"text/csv", "text/vtt")
}

// streams adds a test of an event stream of a type.
func streams(f *file, mime, want string) {
	f.add(&Case{
		Name: mime, Request: element("message", fetch.DestinationEventSource), Responses: list(to(200, "Content-Type: "+mime)),
		Checks: expect("result", want),
	})
}

func eventSourceBogus(f *file) {
	streams(f, "x bogus", "error")
	streams(f, "text/x-bogus", "error")
}

func eventSourceSemicolon(f *file) { streams(f, "text/event-stream;", "load") }

func eventSourceStatus(f *file) {
	for _, status := range []int{204, 205, 210, 299, 404, 410, 503} {
		f.add(&Case{
			Name: fmt.Sprint(status), Request: element("status", fetch.DestinationEventSource), Checks: expect("result", "error"),
			Responses: list(to(status, "Content-Type: text/event-stream")),
		})
	}
}

func eventSourceRedirect(f *file) {
	for _, status := range []int{301, 302, 303, 307} {
		f.add(&Case{
			Name: fmt.Sprint(status), Request: element("redirect", fetch.DestinationEventSource), Checks: expect("result", "load"),
			Responses: list(to(status, "Location: message"), to(200, "Content-Type: text/event-stream")),
		})
	}
}
