package verdict_test

import (
	"context"
	"testing"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// TestGets checks what script gets of responses: of everything that fetch() did
// not make, never status or headers.
func TestGets(t *testing.T) {
	const never = "; never status or headers"
	short := &fetch.Received{Err: &fetch.NetError{Code: fetch.CodeLengthMismatch}}
	for _, tt := range []struct {
		name    string
		options fetch.Options
		body    *fetch.Received
		want    string
	}{
		{"fetch", fetch.Options{}, nil, "status 200, the body, and the headers: content-type, x-a"},
		{"a body that breaks off", fetch.Options{}, short, "status 200, and the headers: content-type, x-a; not the whole body"},
		{"an opaque response", fetch.Options{Mode: fetch.ModeNoCORS}, nil, ""},
		{"XMLHttpRequest", fetch.Options{Destination: fetch.DestinationXHR}, nil, "status 200, the body, and the headers: content-type, x-a"},
		{"XMLHttpRequest, a body that breaks off", fetch.Options{Destination: fetch.DestinationXHR}, short, ""},
		{"an image", fetch.Options{Destination: fetch.DestinationImage}, nil, "the image's size; a canvas with the image in it can no longer be read" + never},
		{
			"an image with CORS",
			fetch.Options{Destination: fetch.DestinationImage, CrossOrigin: new("")},
			nil,
			"the image's pixels, for example from a canvas" + never,
		},
		{"a font", fetch.Options{Destination: fetch.DestinationFont}, nil, "how text looks and how wide it is; not the font's bytes" + never},
		{"an event stream of another type", fetch.Options{Destination: fetch.DestinationEventSource}, nil, ""},
	} {
		page, err := fetch.NewPage(fetch.PageConfig{Origin: "https://app.example.com"})
		if err != nil {
			t.Fatal(err)
		}
		q := &fetch.Request{URL: "https://api.test/", Options: tt.options}
		o := fetch.New(fetch.Config{}).Fetch(context.Background(), page, q, func(context.Context, *fetch.WireRequest) (*fetch.WireResponse, error) {
			return &fetch.WireResponse{Status: 200, Body: tt.body, Headers: fetch.Headers{
				{Name: "Access-Control-Allow-Origin", Value: "*"},
				{Name: "Access-Control-Expose-Headers", Value: "x-a"},
				{Name: "Content-Type", Value: "text/plain"},
				{Name: "X-A", Value: "1"},
			}}, nil
		})
		if got := verdict.Of(o, verdict.Facts{}).Gets(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
