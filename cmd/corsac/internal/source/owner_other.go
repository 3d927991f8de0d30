//go:build !unix

package source

import (
	"io/fs"
	"os"
)

// keepOwner does nothing: new files in a folder have its permissions there.
func keepOwner(*os.Root, string, fs.FileInfo) error { return nil }
