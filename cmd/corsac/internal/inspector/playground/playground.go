// Package playground is a page on which people compose a request and a server, and
// watch the browser decide. It is a folder of static files: it needs no server, and
// can be opened from disk.
package playground

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector"
)

//go:embed page
var files embed.FS

// Engine is the engine for JavaScript.
type Engine struct {
	Wasm []byte // corsac.wasm, which "make wasm" builds
	Exec []byte // wasm_exec.js of the same Go
}

// Files returns the files of the folder, by name. Pages that are opened from disk
// cannot fetch, so the engine is a script, too.
func Files(e Engine) (map[string][]byte, error) {
	if !bytes.HasPrefix(e.Wasm, []byte("\x00asm")) || len(e.Exec) == 0 {
		return nil, errors.New("the engine is not a WebAssembly module of Go with its wasm_exec.js")
	}
	all := map[string][]byte{"inspector.css": inspector.Style(), "wasm_exec.js": e.Exec}
	for _, name := range []string{"index.html", "playground.css", "playground.js"} {
		text, err := files.ReadFile("page/" + name)
		if err != nil {
			return nil, err
		}
		all[name] = text
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	_, _ = z.Write(e.Wasm) // a buffer takes everything
	_ = z.Close()
	all["engine.js"] = []byte(`self.corsacEngine = "` + base64.StdEncoding.EncodeToString(packed.Bytes()) + "\";\n")
	return all, nil
}

// Write writes the folder. It overwrites the files of an earlier one.
func Write(dir string, e Engine) error {
	all, err := Files(e)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // others may read a website
		return err
	}
	for name, text := range all {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil { //nolint:gosec // as above
			return err
		}
	}
	return nil
}
