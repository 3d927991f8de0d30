//go:build unix

package source

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives a file of this program the owner and group of another.
func keepOwner(root *os.Root, name string, of fs.FileInfo) error {
	want, ok := of.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	now, err := root.Lstat(name)
	if err != nil {
		return err
	}
	if have, ok := now.Sys().(*syscall.Stat_t); ok && have.Uid == want.Uid && have.Gid == want.Gid {
		return nil
	}
	if err := root.Lchown(name, int(want.Uid), int(want.Gid)); err != nil {
		return fmt.Errorf("it belongs to another user or group, which corsac cannot keep; run corsac as that user: %w", err)
	}
	return nil
}
