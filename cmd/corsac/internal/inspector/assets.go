package inspector

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"net/http"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/hostguard"
)

//go:embed page
var files embed.FS

var index = template.Must(template.ParseFS(files, "page/index.html"))

// servePage responds with the page, which has the token of the API. Browsers say
// which requests are for a page of their own; scripts of the proxied page, which is of
// the same origin, do not get it.
func (in *Inspector) servePage(w http.ResponseWriter, r *http.Request) {
	// Over plain http, browsers say it only to this machine.
	if mode := r.Header.Get("Sec-Fetch-Mode"); (mode != "" || !new(hostguard.Guard).Allows(r.Host)) && !isNavigation(r) {
		refuse(w, http.StatusForbidden, "not-a-page", "open the inspector in a tab of its own, at localhost")
		return
	}
	var page bytes.Buffer
	if err := index.Execute(&page, struct{ Token string }{in.token}); err != nil {
		refuse(w, http.StatusInternalServerError, "internal", err.Error())
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(page.Bytes()) // fails if the browser has disconnected
}

// serveAsset responds with a file of the page.
func serveAsset(w http.ResponseWriter, r *http.Request) {
	name := "page/" + r.PathValue("name")
	if _, err := fs.Stat(files, name); err != nil || name == "page/index.html" { // a template
		refuse(w, http.StatusNotFound, "no-file", "the page has no such file")
		return
	}
	http.ServeFileFS(w, r, files, name)
}

// Style returns the style sheet of the page, for pages that look like it.
func Style() []byte {
	style, err := files.ReadFile("page/inspector.css")
	if err != nil {
		panic(err) // it is part of the program
	}
	return style
}
