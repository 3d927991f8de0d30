package fetch

import (
	"context"
	"strings"
	"testing"
)

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
