package dev

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/hostguard"
)

// DefaultPlaygroundListen is the address on which corsac playground listens by
// default.
const DefaultPlaygroundListen = "localhost:4200"

// Static returns the server of a handler that is not a proxy, on an address of its own.
// :PORT is on this machine only. fixed says that no other port will do.
func Static(h http.Handler, listen string, fixed bool, log *slog.Logger) *Server {
	return &Server{Handler: alone{forward.Prompt(h)}, Listen: onThisMachine(listen), Fixed: fixed, Log: log}
}

// onThisMachine returns an address to listen on, with localhost for a host that is
// missing.
func onThisMachine(listen string) string {
	if strings.HasPrefix(listen, ":") {
		return "localhost" + listen
	}
	return listen
}

// Guarded returns a handler that refuses requests for hosts that are not allowed.
func Guarded(h http.Handler, g *hostguard.Guard) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.Allows(r.Host) {
			h.ServeHTTP(w, r)
			return
		}
		text := "the request has no valid Host"
		if name, err := hostguard.HostOf(r.Host); err == nil {
			text = fmt.Sprintf("this is not to be reached as %s: any website could let a name of its own lead to this machine; if the name is yours, add --allow-host %[1]s", strings.Trim(name, "[]"))
		}
		http.Error(w, text, http.StatusForbidden)
	})
}

// alone is a handler without a proxy.
type alone struct{ http.Handler }

// ServeRefused implements [forward.Refuser].
func (a alone) ServeRefused(w http.ResponseWriter, _ *http.Request, status int) {
	http.Error(w, http.StatusText(status), status)
}
