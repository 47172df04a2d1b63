package remote

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"berth.invalid/engine/command/internal/sshtest"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

func fileSource(t *testing.T, path string) types.AssetOrArchive {
	t.Helper()
	asset, err := resource.NewPathAsset(path)
	if err != nil {
		t.Fatal(err)
	}
	return types.AssetOrArchive{Asset: asset}
}

func folderSource(t *testing.T, path string) types.AssetOrArchive {
	t.Helper()
	archive, err := resource.NewPathArchive(path)
	if err != nil {
		t.Fatal(err)
	}
	return types.AssetOrArchive{Archive: archive}
}

func textSource(t *testing.T, text string) types.AssetOrArchive {
	t.Helper()
	asset, err := resource.NewTextAsset(text)
	if err != nil {
		t.Fatal(err)
	}
	return types.AssetOrArchive{Asset: asset}
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func expectFile(t *testing.T, path, text string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != text {
		t.Errorf("%s: got %d bytes, %v", path, len(got), err)
	}
}

func TestCopyToRemote(t *testing.T) {
	server := sshtest.Started(t)
	local, remote := t.TempDir(), t.TempDir()
	file := write(t, filepath.Join(local, "file"), "a file")
	folder := filepath.Join(local, "folder")
	write(t, filepath.Join(folder, "one"), "1")
	write(t, filepath.Join(folder, "deep/er/two"), strings.Repeat("2", 1<<20))
	write(t, filepath.Join(remote, "existing/file"), "something longer that was there before")

	for name, test := range map[string]struct {
		source types.AssetOrArchive
		target string
		expect map[string]string
	}{
		"a text into a new folder":     {textSource(t, "text"), "new/deep/text", map[string]string{"new/deep/text": "text"}},
		"a file under another name":    {fileSource(t, file), "renamed/f", map[string]string{"renamed/f": "a file"}},
		"a file into a folder":         {fileSource(t, file), "existing", map[string]string{"existing/file": "a file"}},
		"a folder into a folder":       {folderSource(t, folder), "made", map[string]string{"made/folder/one": "1"}},
		"the entries of a folder":      {folderSource(t, folder+"/"), "bare", map[string]string{"bare/one": "1", "bare/deep/er/two": strings.Repeat("2", 1<<20)}},
		"an archive file as it stands": {folderSource(t, write(t, filepath.Join(local, "a.tgz"), "packed")), "packed.tgz", map[string]string{"packed.tgz": "packed"}},
	} {
		t.Run(name, func(t *testing.T) {
			inputs := CopyToRemoteInputs{
				Connection: connectionTo(server), Source: test.source, RemotePath: filepath.Join(remote, test.target),
			}
			if err := inputs.copy(t.Context(), newWatcher()); err != nil {
				t.Fatal(err)
			}
			for path, text := range test.expect {
				expectFile(t, filepath.Join(remote, path), text)
			}
		})
	}
}

func TestCopiesThatCannotBe(t *testing.T) {
	server := sshtest.Started(t)
	local, remote := t.TempDir(), t.TempDir()
	write(t, filepath.Join(local, "folder/one"), "1")
	write(t, filepath.Join(remote, "file"), "kept")
	for name, test := range map[string]struct {
		source types.AssetOrArchive
		target string
		expect string
	}{
		"a folder onto a file": {folderSource(t, filepath.Join(local, "folder")), filepath.Join(remote, "file"), "is a file"},
		"a text onto a folder": {textSource(t, "text"), remote, "is a folder"},
		"a file that is gone":  {fileSource(t, write(t, filepath.Join(local, "gone"), "")), remote, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			_ = os.Remove(filepath.Join(local, "gone"))
			inputs := CopyToRemoteInputs{Connection: connectionTo(server), Source: test.source, RemotePath: test.target}
			err := inputs.copy(t.Context(), newWatcher())
			if err == nil || !strings.Contains(err.Error(), test.expect) || !strings.Contains(err.Error(), "copying to 127.0.0.1") {
				t.Errorf("got %v", err)
			}
		})
	}
	expectFile(t, filepath.Join(remote, "file"), "kept")
}

func TestSourcesAreCheckedBeforehand(t *testing.T) {
	if failures := checkSource(types.AssetOrArchive{}); len(failures) != 1 {
		t.Errorf("nothing: %v", failures)
	}
	if failures := checkSource(types.AssetOrArchive{Asset: &resource.Asset{URI: "https://example.invalid"}}); len(failures) != 1 {
		t.Errorf("an address: %v", failures)
	}
	if failures := checkSource(textSource(t, "text")); len(failures) != 0 {
		t.Errorf("a text: %v", failures)
	}
}
