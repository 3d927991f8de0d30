package serve

import (
	"bytes"
	_ "embed" // for the page
	"fmt"
	"html/template"
	"net/http"
	"time"

	"github.com/corsac-dev/corsac/internal/visible"
)

//go:embed status.html
var pageText string

//go:embed status.css
var pageStyle []byte

var page = template.Must(template.New("status").Funcs(template.FuncMap{
	"shown": visible.Escape,
	"time":  func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
	"short": func(hash string) string { return hash[:min(12, len(hash))] },
}).Parse(pageText))

// pageData is what the page shows.
type pageData struct {
	Status

	now time.Time
}

// Ago returns how long ago a time was.
func (d pageData) Ago(t time.Time) string { return rough(d.now.Sub(t)) + " ago" }

// Left says how long a certificate is still valid.
func (d pageData) Left(e CertificateEnd) string {
	left := e.Until.Sub(d.now)
	if left < 0 {
		return "ended " + rough(-left) + " ago"
	}
	return rough(left) + " left"
}

// soon is how long before its end a certificate should have been renewed.
const soon = 14 * 24 * time.Hour

// Ends reports whether a certificate ends soon.
func (d pageData) Ends(e CertificateEnd) bool { return e.Until.Sub(d.now) < soon }

// rough returns a duration in the largest unit of which there are two, such as 36 h.
func rough(d time.Duration) string {
	for _, unit := range []struct {
		name string
		of   time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"min", time.Minute}} {
		if d >= 2*unit.of {
			return fmt.Sprintf("%d %s", d/unit.of, unit.name)
		}
	}
	return fmt.Sprintf("%d s", max(0, d/time.Second))
}

// writePage writes the status for people.
func (r *Runner) writePage(w http.ResponseWriter, _ *http.Request) {
	var b bytes.Buffer
	if err := page.Execute(&b, pageData{r.Status(), time.Now()}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(b.Bytes())
}

func writeStyle(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(pageStyle)
}
