package demo

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

//go:embed page
var pageFiles embed.FS

// pageData is the data of the page. All but the browser is known when the demo
// starts.
type pageData struct {
	Origin, API, Gateway string
	Policy               string
	Next                 []Command
	Calls                []call

	explainer *explainer
	browser   fetch.Profile // of the visitor
}

// Browser returns what people call the visitor's browser.
func (d pageData) Browser() string { return verdict.BrowserName(d.browser.String()) }

// sampleRun stands for the name of a run where there is none yet.
const sampleRun = "xxxxx"

// Script returns the data for the page's script.
func (d pageData) Script() any {
	type scriptCall struct {
		call

		Blocked explanation `json:"blocked"` // a sample
	}
	script := struct {
		API     string       `json:"api"`
		Gateway string       `json:"gateway"`
		Calls   []scriptCall `json:"calls"`
	}{API: d.API, Gateway: d.Gateway}
	for i := range d.Calls {
		script.Calls = append(script.Calls, scriptCall{d.Calls[i], d.explainer.sample(d.browser, &d.Calls[i], sampleRun)})
	}
	return script
}

// newPage returns the handler of the page's server: the page, its script and
// style, and the log of the wire, which is on the page's own origin so that
// CORS does not apply to it.
func newPage(d pageData, wire *wireLog) (http.Handler, error) {
	t, err := template.New("index.html").Funcs(template.FuncMap{"authority": authority, "fields": strings.Fields}).
		ParseFS(pageFiles, "page/index.html")
	if err != nil {
		return nil, err
	}
	policy := fmt.Sprintf("default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "+
		"connect-src 'self' %s %s; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", d.API, d.Gateway)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		d := d
		d.browser = browserOf(r.UserAgent())
		var index bytes.Buffer
		if err := t.Execute(&index, d); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		_, _ = w.Write(index.Bytes()) // fails if the browser has disconnected
	})
	mux.HandleFunc("GET /demo.js", asset("page/demo.js"))
	mux.HandleFunc("GET /demo.css", asset("page/demo.css"))
	mux.HandleFunc("GET /wire", wire.serveRun)
	mux.HandleFunc("GET /recording.har", wire.serveHAR)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Another version of the demo may use this port next.
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		mux.ServeHTTP(w, r)
	}), nil
}

func asset(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, pageFiles, name)
	}
}

// authority returns an address without its scheme, which all addresses share.
func authority(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	return u.Host, nil
}
