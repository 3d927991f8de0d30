package har_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/har"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/fetch"
)

func TestReadMistakes(t *testing.T) {
	testenv.OneGoroutine(t)
	requestHeaders := func(headers string) string { return file(`{"request": {"headers": ` + headers + `}}`) }
	for _, c := range []struct{ text, want string }{
		{"", "the file is empty"},
		{" \n", "the file is empty"},
		{"\ufeff", "the file is empty"},
		{"{", "the file is incomplete"},
		{head + `{"request": `, "the file is incomplete"},
		{zipped(file(entry(get, "200", "")))[:40], "the file is incomplete"},
		{"[]", `it has no "log" with "entries", as HAR files have: the file is a list`},
		{"null", `it has no "log" with "entries", as HAR files have`},
		{"{}", `it has no "log" with "entries", as HAR files have`},
		{`{"log": {}}`, `it has no "log" with "entries", as HAR files have`},
		{`{"log": 1}`, `it has no "log" with "entries", as HAR files have: "log" is a number`},
		{`{"log": {"entries": {}}}`, `it has no "log" with "entries", as HAR files have: "entries" is an object`},
		{"nope", "at byte 2: invalid character 'o' in literal null (expecting 'u')"},
		{file(`{"request": {"method": 1}}`), "entry 1: request.method is a number"},
		{file(`{"request": {"url": ["x"]}}`), "entry 1: request.url is a list"},
		{file(entry(get, "200", ""), entry(get, "200", ""), `{"request": {"headers": 7}}`), "entry 3: request.headers is a number"},
		{file(`{"request": "GET /"}`), "entry 1: request is a string"},
		{file(`{"response": true}`), "entry 1: response is true or false"},
		{file(entry(get, "200", ""), `7`), "entry 2 is a number"},
		{file(entry(get, "200", `{}, "x"`)), "entry 1: response.headers[1] is a string"},
		{requestHeaders("[null]"), "entry 1: request.headers[0] is null"},
		{requestHeaders("[" + strings.Repeat("{},", har.MaxHeaders) + "{}]"), "entry 1: request.headers has more than 4096 headers"},
		{requestHeaders("[" + line("access-control-request-headers", strings.Repeat(",", har.MaxHeaders)) + "]"), "entry 1: request.headers has more than 4096 headers"},
		{requestHeaders("[" + line("a", strings.Repeat("x", har.MaxHeaderBytes)) + "]"), "entry 1: request.headers has more than 524288 bytes"},
		{head + strings.Repeat(`{"response": {"headers": [`+strings.Repeat("{},", har.MaxHeaders-1)+`{}]}},`, har.MaxAllHeaders/har.MaxHeaders) + `{"request": {"headers": [{}]}}`, "entry 513: the file has more than 2097152 headers"},
		{head + strings.Repeat("{},", har.MaxEntries) + "{}]}}", "there are more than 100000 entries"},
		{"PK\x03\x04\x14\x00", "it is compressed (zip); unpack it"},
		{"\xff\xfe{\x00", "it is UTF-16; save it as UTF-8"},
		{"\xfe\xff\x00{", "it is UTF-16; save it as UTF-8"},
		{"{\x00\"\x00", "it is UTF-16; save it as UTF-8"},
		{"\x00{\x00\"", "it is UTF-16; save it as UTF-8"},
	} {
		_, err := har.Read(strings.NewReader(c.text))
		if err == nil || err.Error() != c.want {
			t.Errorf("%.60q: %v, want %s", c.text, err, c.want)
		}
	}
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.String()
}

// TestReadOdd checks that odd values are read as far as possible.
func TestReadOdd(t *testing.T) {
	odd := `{"_initiator": "script", "pageref": 7, "_resourceType": ["x"], "time": {}, "request": {"method": "GET", "url": "https://api.example/", "cookies": 1, "headers": [` +
		line("Origin", "https://app.example") + `, {"name": "X", "value": 7}, {"name": "Y", "value": null}, {"value": "no name"}, {"name": "Z", "value": "\u00e9"}, {"name": "W", "value": "\u2192\u00e9"}]},
		"response": {"status": "no", "_error": null, "headers": null}, "cache": null}`
	want := fetch.Headers{{Name: "Origin", Value: "https://app.example"}, {Name: "X", Value: "7"}, {Name: "Y"}, {Name: "Z", Value: "\xe9"}, {Name: "W", Value: "→é"}}
	for _, text := range []string{
		file(odd), "\ufeff" + file(odd), zipped(file(odd)), zipped("\ufeff" + file(odd)),
		strings.Replace(file(odd), `"pages": [`, `"pages": [7, "x", null, {"id": {}, "title": []}, `, 1),
		`{"log": {"pages": {"a": [1, {}], "b": 2}, "creator": "me", "browser": [], "entries": [` + odd + `]}, "more": 1}`,
		`{"log": {"pages": 1, "creator": {"name": 1}, "entries": [` + odd + `]}}`,
	} {
		log, err := har.Read(strings.NewReader(text))
		if err != nil || len(log.Entries) != 1 {
			t.Errorf("%.60q: %v", text, err)
			continue
		}
		got := log.Entries[0]
		if got.Number != 1 || got.Method != "GET" || got.URL != "https://api.example/" || got.Status != 0 || got.Failure != "" || got.ResourceType != "" || !reflect.DeepEqual(got.Headers, want) || len(got.ResponseHeaders) > 0 {
			t.Errorf("%.60q: %+v", text, got)
		}
	}
}

// TestReadStatus checks that a status has three digits.
func TestReadStatus(t *testing.T) {
	for text, want := range map[string]int{"200": 200, "204.0": 204, "-1": 0, "0": 0, "999": 999, "1000": 0, "1e9": 0, `"200"`: 0, "null": 0, "[200]": 0} {
		log, err := har.Read(strings.NewReader(file(entry(get, text, ""))))
		if err != nil || log.Entries[0].Status != want {
			t.Errorf("%s: %+v, %v", text, log, err)
		}
	}
}

// TestReadErrors checks that errors of the system are distinguished from
// mistakes in the file.
func TestReadErrors(t *testing.T) {
	directory, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer directory.Close()
	_, err = har.Read(directory)
	if plain := (*fs.PathError)(nil); !errors.As(err, &plain) || err.Error() != plain.Error() {
		t.Error(err)
	}
	broken := errors.New("broken")
	for _, text := range []string{"", "{", head, zipped(file())[:20]} {
		if _, err := har.Read(io.MultiReader(strings.NewReader(text), failing{broken})); !errors.Is(err, broken) || err.Error() != "broken" {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestProfile checks that the file decides the browser.
func TestProfile(t *testing.T) {
	for _, c := range []struct {
		members string
		want    fetch.Profile
	}{
		{``, fetch.Chromium},
		{`"creator": {"name": "WebInspector", "version": "537.36"},`, fetch.Chromium},
		{`"creator": {"name": "Firefox"}, "browser": {"name": "Firefox"},`, fetch.Firefox},
		{`"creator": {"name": "WebKit Web Inspector"},`, fetch.Safari},
		{`"creator": {"name": "Proxy"}, "browser": {"name": "firefox"},`, fetch.Firefox},
		{`"browser": {"name": "webkit"}, "creator": {"name": "Proxy"},`, fetch.Safari},
		{`"creator": {"name": "Proxy"},`, fetch.Chromium},
	} {
		log, err := har.Read(strings.NewReader(`{"log": {` + c.members + `"entries": []}}`))
		if err != nil || log.Profile() != c.want {
			t.Errorf("%s: %v, %v", c.members, log, err)
		}
	}
}
