package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/pkg/sftp"
)

// withSFTP connects and hands an SFTP client to use, which is cut off when ctx ends.
func withSFTP(ctx context.Context, connection *Connection, report reporter, use func(*sftp.Client) error) error {
	client, err := connection.dial(ctx, report)
	if err != nil {
		return err
	}
	defer client.Close()
	stop := context.AfterFunc(ctx, func() { _ = client.Close() })
	defer stop()
	// Writes of one file may run side by side: no file is written twice, so none can be left longer than it should be.
	files, err := sftp.NewClient(client.Client, sftp.UseConcurrentWrites(true))
	if err != nil {
		return fmt.Errorf("opening SFTP on %s: %w", connection.host(), err)
	}
	defer files.Close()
	err = use(files)
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("copying to %s: %w", connection.host(), context.Cause(ctx))
	}
	if err != nil {
		return fmt.Errorf("copying to %s: %w", connection.host(), err)
	}
	return nil
}

// copyText writes a file whose content is given. The path must name the file, as the content has no name of its own.
func copyText(files *sftp.Client, text, target string) error {
	found, err := lookUp(files, target)
	if err != nil {
		return err
	}
	if found != nil && found.IsDir() {
		return fmt.Errorf("%s is a folder; a text asset needs the path of a file", target)
	}
	return writeNew(files, strings.NewReader(text), target, found == nil)
}

// copyPath copies a file or a folder as `cp -r` would: a file goes into an existing folder, or takes the given name;
// a folder goes below the target, or, when its path ends in a slash, its entries do.
func copyPath(files *sftp.Client, source, target string) error {
	local, err := os.Stat(source)
	if err != nil {
		return err
	}
	found, err := lookUp(files, target)
	if err != nil {
		return err
	}
	if local.IsDir() {
		return copyFolderTo(files, source, target, found)
	}
	if found != nil && found.IsDir() {
		return copyFile(files, source, path.Join(target, filepath.Base(source)), false)
	}
	return copyFile(files, source, target, found == nil)
}

func copyFolderTo(files *sftp.Client, source, target string, found fs.FileInfo) error {
	if found != nil && !found.IsDir() {
		return fmt.Errorf("%s is a file; a folder cannot be copied onto it", target)
	}
	if !strings.HasSuffix(source, "/") {
		target = path.Join(target, filepath.Base(source))
	}
	return filepath.WalkDir(source, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(source, name)
		if err != nil {
			return err
		}
		remote := path.Join(target, filepath.ToSlash(below))
		if entry.IsDir() {
			return makeFolder(files, remote)
		}
		return copyFile(files, name, remote, false)
	})
}

func makeFolder(files *sftp.Client, target string) error {
	if err := files.MkdirAll(target); err != nil {
		return fmt.Errorf("making the folder %s: %w", target, err)
	}
	return nil
}

func copyFile(files *sftp.Client, source, target string, makeParents bool) error {
	local, err := os.Open(source)
	if err != nil {
		return err
	}
	defer local.Close()
	return writeNew(files, local, target, makeParents)
}

func writeNew(files *sftp.Client, content io.Reader, target string, makeParents bool) error {
	if makeParents {
		if err := makeFolder(files, path.Dir(target)); err != nil {
			return err
		}
	}
	remote, err := files.Create(target)
	if err != nil {
		return fmt.Errorf("creating %s: %w", target, err)
	}
	if _, err = remote.ReadFrom(content); err != nil {
		_ = remote.Close()
		return fmt.Errorf("writing %s: %w", target, err)
	}
	if err = remote.Close(); err != nil {
		return fmt.Errorf("closing %s: %w", target, err)
	}
	return nil
}

// lookUp returns nil, nil for a path that does not exist.
func lookUp(files *sftp.Client, target string) (fs.FileInfo, error) {
	found, err := files.Stat(target)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking at %s: %w", target, err)
	}
	return found, nil
}
