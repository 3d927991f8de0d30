// Package playground is a page on which people compose a request and a server, and
// watch the browser decide. It is a folder of static files: it needs no server, and
// can be opened from disk.
package playground

import (
	"bytes"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector/playground/engine"
)

//go:embed page
var page embed.FS

// index is the file that is opened.
const index = "index.html"

// title begins the title of the page, by which an earlier folder is recognized.
const title = "<title>corsac playground"

// files returns the files of the folder, by name. Pages that are opened from disk
// cannot fetch, so the engine is a script, too.
func files(e engine.Engine) (map[string][]byte, error) {
	all := map[string][]byte{"inspector.css": inspector.Style(), engine.ExecFile: e.Exec}
	for _, name := range []string{index, "playground.css", "playground.js", "policy.js"} {
		text, err := page.ReadFile("page/" + name)
		if err != nil {
			return nil, err
		}
		all[name] = text
	}
	all["engine.js"] = []byte(`self.corsacEngine = "` + base64.StdEncoding.EncodeToString(e.Packed) + "\";\n")
	return all, nil
}

// ErrOccupied is the error of [Write] if there is something else in the folder.
var ErrOccupied = errors.New("there are files in it that are not an earlier playground")

// Write writes the folder, which it creates if need be. If anything but an earlier
// playground is in it, the error is [ErrOccupied], unless force is true. Files of other
// names stay, and links that lead out of the folder are not followed.
func Write(dir string, e engine.Engine, force bool) error {
	all, err := files(e)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // others may read a website
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if !force {
		if err := checkFree(root); err != nil {
			return err
		}
	}
	for name, text := range all {
		if err := checkRegular(root, name); err != nil {
			return err
		}
		if err := root.WriteFile(name, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// checkFree returns [ErrOccupied] if there is anything in a folder but an earlier
// playground.
func checkFree(root *os.Root) error {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil || len(entries) == 0 {
		return err
	}
	if checkRegular(root, index) != nil {
		return ErrOccupied
	}
	f, err := root.Open(index)
	if err != nil {
		return ErrOccupied
	}
	defer func() { _ = f.Close() }()
	head, err := io.ReadAll(io.LimitReader(f, 4<<10))
	if err != nil || !bytes.Contains(head, []byte(title)) {
		return ErrOccupied
	}
	return nil
}

// checkRegular returns an error if there is something of a name in a folder that is not
// a file. To open a named pipe takes until somebody uses its other end.
func checkRegular(root *os.Root, name string) error {
	info, err := root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a file; remove it", name)
	}
	return err
}

// contentPolicy lets the page run its own scripts and the engine, and reach nothing.
const contentPolicy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler returns what serves the folder at "/". It is safe for concurrent use.
func Handler(e engine.Engine) http.Handler {
	load := sync.OnceValues(func() (map[string][]byte, error) { return files(e) }) // many never open it
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all, err := load()
		name := strings.TrimPrefix(r.URL.Path, "/")
		if name == "" {
			name = index
		}
		text, ok := all[name]
		switch {
		case err != nil:
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		case !ok:
			http.Error(w, "the playground has no such file", http.StatusNotFound)
			return
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			http.Error(w, "the playground is only read", http.StatusMethodNotAllowed)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(text))
	})
}
