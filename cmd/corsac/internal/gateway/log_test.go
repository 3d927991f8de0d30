package gateway

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// A connection that cannot be hijacked gets a response, whose status counts.
func TestObserverHijackFails(t *testing.T) {
	o := &observer{ResponseWriter: httptest.NewRecorder()}
	if _, _, err := o.Hijack(); err == nil {
		t.Fatal("a recorder can be hijacked")
	}
	o.WriteHeader(http.StatusBadGateway)
	if o.status != http.StatusBadGateway {
		t.Errorf("status %d", o.status)
	}
}
