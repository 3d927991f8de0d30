package devproxy

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/devroute"
)

// maxMock bounds the file of a mock, in bytes.
const maxMock = 16 << 20

// serveMock answers with a file, which is read for each request so that changes
// show at once.
func serveMock(w http.ResponseWriter, r *http.Request, m *devroute.Mock) {
	body, err := readMock(m.File)
	if err != nil {
		c := callOf(w)
		c.respondWith(w, r, failure{
			Status: http.StatusInternalServerError, Code: "mock-unreadable", Error: fmt.Sprintf("the mock of %s cannot be read: %v", m.File, err),
			Fix: "correct its file name in corsac.yaml",
		})
		return
	}
	h := w.Header()
	if m.File != "" {
		h.Set("Content-Type", contentType(m.File))
	}
	for name, value := range m.Headers {
		h.Set(name, value)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	status := m.Status
	if status == 0 {
		status = http.StatusOK
	}
	if status == http.StatusNoContent || status == http.StatusNotModified {
		h.Del("Content-Length")
		body = nil
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // fails only if the client has left, or for a status without a body
}

func readMock(name string) ([]byte, error) {
	if name == "" {
		return nil, nil
	}
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		if err == nil {
			err = errors.New("it is not a file")
		}
		return nil, err
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	body, err := io.ReadAll(io.LimitReader(f, maxMock+1))
	if err == nil && len(body) > maxMock {
		err = fmt.Errorf("it has more than %d MiB", maxMock>>20)
	}
	return body, err
}

// contentType returns the type of a file by its name.
func contentType(name string) string {
	if filepath.Ext(name) == ".json" {
		return "application/json"
	}
	if t := mime.TypeByExtension(filepath.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}
