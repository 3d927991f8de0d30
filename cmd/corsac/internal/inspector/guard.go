package inspector

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/hostguard"
)

// maxBody bounds the body of a request to the API, in bytes.
const maxBody = 1 << 20

// tokenHeader has the token of the page. A page of another origin cannot send it
// without a preflight, which is refused.
const tokenHeader = "X-Corsac-Token"

// contentPolicy lets the page run its own scripts and reach its own API, and
// nothing else.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// ServeHTTP implements [http.Handler].
func (in *Inspector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	for name, value := range map[string]string{
		"Content-Security-Policy": contentPolicy, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-store",
		"Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		h.Set(name, value)
	}
	switch {
	case !in.allows(r.Host):
		refuse(w, http.StatusForbidden, "host-not-allowed", "this name is not allowed; open the inspector at localhost, or start corsac dev with --allow-host")
	case hostguard.SenderOf(r.Header, originOf(r)) == hostguard.Foreign && !isNavigation(r):
		refuse(w, http.StatusForbidden, "foreign-page", "only the inspector's own page may use this")
	case !strings.HasPrefix(r.URL.Path, Path):
		http.Redirect(w, r, Path, http.StatusSeeOther)
	default:
		in.mux.ServeHTTP(w, r)
	}
}

func (in *Inspector) allows(host string) bool {
	if allows := in.current().AllowsHost; allows != nil {
		return allows(host)
	}
	return new(hostguard.Guard).Allows(host)
}

// originOf returns the origin at which the browser reaches the inspector.
func originOf(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + strings.TrimSuffix(strings.ToLower(r.Host), ":443")
	}
	return "http://" + strings.TrimSuffix(strings.ToLower(r.Host), ":80")
}

// isNavigation reports whether a request opens the page, as a link on another page
// may. Its answer is for the user alone: the page cannot be in a frame, and has no
// opener.
func isNavigation(r *http.Request) bool {
	return r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document" && !isAPI(r)
}

func isAPI(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, Path+"api/") }

// forPage returns a handler of the API, which is for the inspector's page alone.
func (in *Inspector) forPage(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token := r.Header.Get(tokenHeader)
		if subtle.ConstantTimeCompare([]byte(token), []byte(in.token)) != 1 {
			refuse(w, http.StatusForbidden, "reload", "this page is of an earlier corsac dev; reload it")
			return
		}
		next(w, r)
	}
}

// failure is the JSON of an error.
type failure struct {
	Error string `json:"error"` // a stable name
	Text  string `json:"text"`
}

func refuse(w http.ResponseWriter, status int, code, text string) {
	respond(w, status, failure{code, text})
}

// respond answers with JSON.
func respond(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil { // nothing here can do this
		status, body = http.StatusInternalServerError, []byte(`{"error":"internal","text":"the answer cannot be written"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // fails if the browser has disconnected
}

// read decodes the body of a POST, which must be JSON, so that no form can send it.
// If it cannot, it answers and returns false.
func read(w http.ResponseWriter, r *http.Request, to any) bool {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		refuse(w, http.StatusUnsupportedMediaType, "not-json", "the body must be application/json")
		return false
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	err := d.Decode(to)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("there is more after it")
		}
	}
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		refuse(w, http.StatusRequestEntityTooLarge, "too-large", fmt.Sprintf("the body is larger than %d bytes", maxBody))
		return false
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "malformed", "the body is not what the API takes: "+err.Error())
		return false
	}
	return true
}
