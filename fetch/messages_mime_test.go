package fetch

import (
	"context"
	"strings"
	"testing"
)

// TestCharset checks that the charset of a MIME type is its first parameter of
// that name, with quoted strings as the standard reads them.
func TestCharset(t *testing.T) {
	for contentType, want := range map[string]string{
		"text/event-stream":                                     "",
		"text/event-stream;charset=utf-8":                       "utf-8",
		"text/event-stream ;\tCHARSET=Big5 ":                    "Big5",
		"text/event-stream;charset=\"utf-8\" x;a=b":             "utf-8",
		"text/event-stream;charset=\"a\\\"b\"":                  "a\"b",
		"text/event-stream;charset=\"utf-8":                     "utf-8",
		"text/event-stream;x=\";charset=big5\";charset=utf-8":   "utf-8",
		"text/event-stream;x=\"\\\";charset=big5\"":             "",
		"text/event-stream;charset=utf-8;charset=big5":          "utf-8",
		"text/event-stream;charset=;charset=big5":               "big5",
		"text/event-stream;charset;charset=big5":                "big5",
		"text/event-stream;charset =utf-8;charset=big5":         "big5",
		"text/event-stream;;charset=utf-8;":                     "utf-8",
		"text/event-stream;charset=u\x01;charset=big5":          "big5",
		"text/plain;charset=big5, text/event-stream":            "",
		"text/event-stream;charset=big5, text/event-stream;a=b": "big5",
	} {
		if got := typeOf(Headers{{"Content-Type", contentType}}).charset; got != want {
			t.Errorf("%q: charset %q, want %q", contentType, got, want)
		}
	}
}

// TestImagesBlockedByType has which types block an image without CORS, with and
// without nosniff, as both browsers were seen to do.
func TestImagesBlockedByType(t *testing.T) {
	page := mustPage(t, PageConfig{Origin: pageOrigin})
	for _, tt := range []struct {
		contentType    string
		plain, nosniff bool
	}{
		{"multipart/byteranges", true, true},
		{"multipart/signed", true, true},
		{"multipart/x-mixed-replace", false, false},
		{"application/dash+xml", false, false},
		{"application/blah+xml", false, true},
		{"text/csv", true, true},
		{"text/vtt", false, false},
		{"text/blah", false, false},
		{"application/x-protobuf", true, true},
		{"application/x-protobuffer", true, true},
		{"application/vnd.ms-excel", true, true},
		{"application/vnd.ms-excel.foo", false, false},
		{"application/vnd.ces-quickfoo", false, false},
		{"application/vnd.openxmlformats-officedocument.foo", false, false},
	} {
		for _, p := range []Profile{Chromium, Firefox} {
			for _, nosniff := range []bool{false, true} {
				r := answer(200, "Content-Type: "+tt.contentType)
				want := tt.plain
				if nosniff {
					r.Headers, want = append(r.Headers, Header{"X-Content-Type-Options", "nosniff"}), tt.nosniff
				}
				r.Body = &Received{Start: []byte("\x89PNG\r\n")}
				s := &script{answers: map[string]*WireResponse{"GET https://other.test/": r}}
				o := New(Config{Profile: p}).Fetch(t.Context(), page, &Request{URL: "https://other.test/", Options: Options{Destination: DestinationImage}}, s.exchange)
				if got := o.Error != nil; got != want {
					t.Errorf("%s: %s, nosniff %t: blocked is %t, want %t", p, tt.contentType, nosniff, got, want)
				}
			}
		}
	}
}

// TestScopeOfServiceWorker checks that a query does not count as part of the scope.
func TestScopeOfServiceWorker(t *testing.T) {
	page, err := NewPage(PageConfig{Origin: "https://app.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	request := &Request{URL: "https://app.example.com/js/sw.js?of=/a/b", Options: Options{Destination: DestinationServiceWorker}}
	o := New(Config{}).Fetch(context.Background(), page, request, func(context.Context, *WireRequest) (*WireResponse, error) {
		return &WireResponse{Status: 200, Headers: Headers{{"Content-Type", "text/html"}}}, nil
	})
	if o.Error == nil || !strings.Contains(o.Error.Exception(), "scope ('https://app.example.com/js/')") {
		t.Errorf("%v", o.Error)
	}
}
