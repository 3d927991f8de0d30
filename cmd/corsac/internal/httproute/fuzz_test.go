package httproute

import (
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
)

// FuzzRead checks that no file makes the reader panic, and that each configuration can
// be read as a file of corsac.
func FuzzRead(f *testing.F) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := newBuilder(&Source{allOriginsWithCredentials: true})
		if err != nil {
			t.Fatal(err)
		}
		if b.read("x.yaml", data) != nil || len(b.config.Gateway.Routes) == 0 {
			return
		}
		if _, err := config.From(&b.config, config.Origin{}); err != nil {
			t.Fatal(err)
		}
	})
}
