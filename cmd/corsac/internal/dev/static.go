package dev

import (
	"log/slog"
	"net/http"
	"strings"
)

// DefaultPlaygroundListen is the address on which corsac playground listens by
// default.
const DefaultPlaygroundListen = "localhost:4200"

// Static returns the server of a handler that is not a proxy, on an address of its own.
// :PORT is on this machine only. fixed says that no other port will do.
func Static(h http.Handler, listen string, fixed bool, log *slog.Logger) *Server {
	return &Server{Handler: alone{h}, Listen: onThisMachine(listen), Fixed: fixed, Log: log}
}

// onThisMachine returns an address to listen on, with localhost for a host that is
// missing.
func onThisMachine(listen string) string {
	if strings.HasPrefix(listen, ":") {
		return "localhost" + listen
	}
	return listen
}

// alone is a handler without a proxy.
type alone struct{ http.Handler }

// ServeRefused implements [forward.Refuser].
func (a alone) ServeRefused(w http.ResponseWriter, _ *http.Request, status int) {
	http.Error(w, http.StatusText(status), status)
}
