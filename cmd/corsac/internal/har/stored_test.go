package har_test

import (
	"strings"
	"testing"
)

// sized sets the sizes of an entry's response.
func sized(bodySize, size, entry string) string {
	return strings.Replace(entry, `"response": {`, `"response": {"bodySize": `+bodySize+`, "content": {"size": `+size+`, "text": "x"}, `, 1)
}

// TestStored checks that a 304 without CORS headers is decided with those of the
// stored response, in the forms in which browsers and other programs write it.
func TestStored(t *testing.T) {
	const x = api + "/x"
	first := sent("GET", x, appA, "200", grant(appA, "", "")+", "+lines("ETag", `\"1\"`, "Last-Modified", "Mon", "Content-Type", "text/plain"))
	again := func(status, headers string, condition ...string) string {
		return sent("GET", x, appA, status, headers, condition...)
	}
	tag := []string{"If-None-Match", `\"1\"`}
	other := line("ETag", `\"1\"`)
	hold(t, []row{
		{"304", file(first, again("304", other, tag...)), "", "1 allowed, 2 allowed noted"},
		{"304, by date", file(first, again("304", "", "If-Modified-Since", "Mon")), "", "1 allowed, 2 allowed noted"},
		{"304, without what was sent", file(first, again("304", "")), "", "1 allowed, 2 allowed noted"},
		{"304, of the one before", file(first, again("304", other, tag...), again("304", other, tag...)), "", "1 allowed, 2 allowed noted, 3 allowed noted"},
		{"the 304 changes the headers", file(first, again("304", grant("https://b.example", "", ""), tag...)), "", "1 allowed, 2 blocked AllowOriginMismatch noted"},
		{"as the stored response", file(first, sized("0", "5", again("200", other, tag...))), "", "1 allowed, 2 allowed noted"},
		{"as the stored response, of HTTP/2", file(first, sized("-1", "5", again("200", other, tag...))), "", "1 allowed, 2 allowed noted"},
		{"as the stored response, which is not there", file(sized("0", "5", again("200", other, tag...))), "", "1 unknown"},
		{"of another version", file(first, again("304", "", "If-None-Match", `\"2\"`)), "", "1 allowed, 2 unknown"},
		{"later", file(again("304", "", tag...), first), "", "1 unknown, 2 allowed"},
		{"a new response", file(first, sized("5", "5", again("200", other, tag...))), "", "1 allowed, 2 blocked MissingAllowOriginHeader"},
		{"a new response of HTTP/2", file(first, sized("-1", "5", again("200", line("Content-Type", "text/plain"), tag...))), "", "1 allowed, 2 blocked MissingAllowOriginHeader"},
		{"a new response without a body", file(first, sized("0", "0", again("200", "", tag...))), "", "1 allowed, 2 blocked MissingAllowOriginHeader"},
		{"script's own condition", file(first, asked("GET", x, appA, "if-none-match", "204", grant(appA, "", "if-none-match")), again("304", "", tag...)), "", "1 allowed, 3 blocked MissingAllowOriginHeader noted"},
	})
}

// TestStoredRecorded checks a file that was recorded in Chromium, with a
// response of status 200 that was validated.
func TestStoredRecorded(t *testing.T) {
	t.Parallel()
	found, _ := read(t, "revalidated.har").Conversations("")
	if len(found) != 2 {
		t.Fatalf("%d conversations", len(found))
	}
	if got := decide(t, found[0]) + ", " + decide(t, found[1]); got != "2 allowed, 3 allowed noted" {
		t.Error(got)
	}
}
