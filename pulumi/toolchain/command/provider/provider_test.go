package provider

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"berth.invalid/engine/command/internal/sshtest"
	"github.com/blang/semver"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

const (
	remoteCommand = "command:remote:Command"
	localCommand  = "command:local:Command"
	copyToRemote  = "command:remote:CopyToRemote"
	copyFile      = "command:remote:CopyFile"
)

type properties = map[string]property.Value

func serve(t *testing.T) integration.Server {
	t.Helper()
	built, err := New()
	if err != nil {
		t.Fatal(err)
	}
	server, err := integration.NewServer(t.Context(), Name, semver.MustParse(Version), integration.WithProvider(built))
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// life is one resource as the engine sees it.
type life struct {
	t      *testing.T
	server integration.Server
	urn    resource.URN
	inputs property.Map
	id     string
	state  property.Map
}

func newLife(t *testing.T, server integration.Server, kind string) *life {
	return &life{t: t, server: server, urn: resource.NewURN("stack", "project", "", tokens.Type(kind), "it")}
}

func (l *life) check(inputs properties) property.Map {
	l.t.Helper()
	checked, err := l.server.Check(p.CheckRequest{Urn: l.urn, Inputs: property.NewMap(inputs)})
	if err != nil || len(checked.Failures) > 0 {
		l.t.Fatalf("check: %v, %v", err, checked.Failures)
	}
	return asEngineReads(checked.Inputs, inputs)
}

// asEngineReads puts the asset back that the provider's answer holds in the form it has on the wire.
func asEngineReads(answer property.Map, inputs properties) property.Map {
	if source, ok := inputs["source"]; ok {
		return answer.Set("source", source)
	}
	return answer
}

func (l *life) create(inputs properties) {
	l.t.Helper()
	l.inputs = l.check(inputs)
	created, err := l.server.Create(p.CreateRequest{Urn: l.urn, Properties: l.inputs})
	if err != nil {
		l.t.Fatal(err)
	}
	l.id, l.state = created.ID, asEngineReads(created.Properties, inputs)
}

func (l *life) diff(inputs properties) p.DiffResponse {
	l.t.Helper()
	diff, err := l.server.Diff(p.DiffRequest{
		ID: l.id, Urn: l.urn, State: l.state, OldInputs: l.inputs, Inputs: l.check(inputs),
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return diff
}

func (l *life) update(inputs properties) {
	l.t.Helper()
	checked := l.check(inputs)
	updated, err := l.server.Update(p.UpdateRequest{ID: l.id, Urn: l.urn, State: l.state, OldInputs: l.inputs, Inputs: checked})
	if err != nil {
		l.t.Fatal(err)
	}
	l.inputs, l.state = checked, asEngineReads(updated.Properties, inputs)
}

func (l *life) remove() {
	l.t.Helper()
	err := l.server.Delete(p.DeleteRequest{ID: l.id, Urn: l.urn, Properties: l.state, OldInputs: l.inputs})
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *life) expectStdout(text string) {
	l.t.Helper()
	if got := l.state.Get("stdout"); !got.IsString() || got.AsString() != text {
		l.t.Errorf("stdout is %v, expected %q", got, text)
	}
}

func connection(server *sshtest.Sshd) property.Value {
	return property.New(properties{
		"host":       property.New("127.0.0.1"),
		"port":       property.New(float64(server.Port)),
		"user":       property.New(server.User),
		"privateKey": property.New(server.ClientKey),
		"hostKey":    property.New(server.HostKey),
	})
}

func with(base properties, more properties) properties {
	merged := properties{}
	for name, value := range base {
		merged[name] = value
	}
	for name, value := range more {
		merged[name] = value
	}
	return merged
}

func text(value string) property.Value { return property.New(value) }

func list(values ...string) property.Value {
	items := []property.Value{}
	for _, value := range values {
		items = append(items, property.New(value))
	}
	return property.New(items)
}

func TestALifeOfACommand(t *testing.T) {
	sshd := sshtest.Started(t)
	for kind, base := range map[string]properties{
		remoteCommand: {"connection": connection(sshd)},
		localCommand:  {},
	} {
		t.Run(kind, func(t *testing.T) {
			journal := filepath.Join(t.TempDir(), "journal")
			base := with(base, properties{
				"create":   text("echo created; echo create >>" + journal),
				"delete":   text("echo delete $PULUMI_COMMAND_STDOUT >>" + journal),
				"triggers": list("a"),
			})
			it := newLife(t, serve(t), kind)
			it.create(base)
			it.expectStdout("created")

			if diff := it.diff(base); diff.HasChanges {
				t.Errorf("unchanged inputs differ: %v", diff.DetailedDiff)
			}
			changed := with(base, properties{"stdin": text("new")})
			if diff := it.diff(changed); !diff.HasChanges || diff.DetailedDiff["stdin"].Kind != p.Add {
				t.Errorf("a new stdin: %+v", diff)
			}
			it.update(changed)
			it.expectStdout("created")

			withUpdate := with(changed, properties{"update": text("echo updated after $PULUMI_COMMAND_STDOUT; echo update >>" + journal)})
			it.update(withUpdate)
			it.expectStdout("updated after created")

			diff := it.diff(with(withUpdate, properties{"triggers": list("b")}))
			// The npm package asks the engine to replace for any difference below "triggers".
			if _, differs := diff.DetailedDiff["triggers[0]"]; !differs {
				t.Errorf("a changed trigger is not a difference: %+v", diff)
			}
			it.remove()
			expectJournal(t, journal, "create", "create", "update", "delete updated after created")
		})
	}
}

func replaces(diff p.DiffResponse) bool {
	for _, property := range diff.DetailedDiff {
		switch property.Kind {
		case p.AddReplace, p.DeleteReplace, p.UpdateReplace:
			return true
		}
	}
	return false
}

func expectJournal(t *testing.T, path string, lines ...string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || strings.TrimSpace(string(got)) != strings.Join(lines, "\n") {
		t.Errorf("journal: %q, %v", got, err)
	}
}

func TestACommandWithoutScriptsDoesNothing(t *testing.T) {
	it := newLife(t, serve(t), remoteCommand)
	it.create(properties{"connection": property.New(properties{"host": text("unreachable.invalid")})})
	it.expectStdout("")
	it.update(properties{"connection": property.New(properties{"host": text("elsewhere.invalid")})})
	it.remove()
}

func TestAPreviewRunsNothing(t *testing.T) {
	marker := filepath.Join(t.TempDir(), "marker")
	it := newLife(t, serve(t), localCommand)
	inputs := it.check(properties{"create": text("touch " + marker)})
	created, err := it.server.Create(p.CreateRequest{Urn: it.urn, Properties: inputs, DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	if stdout := created.Properties.Get("stdout"); !stdout.IsComputed() {
		t.Errorf("stdout is %v", stdout)
	}
	if _, err := os.Stat(marker); err == nil {
		t.Error("the command ran")
	}
}

func TestDefaultsAndSecretsOfAConnection(t *testing.T) {
	it := newLife(t, serve(t), remoteCommand)
	checked := it.check(properties{"connection": property.New(properties{
		"host": text("machine"), "proxy": property.New(properties{"host": text("bastion"), "password": text("p")}),
	})})
	connection := checked.Get("connection")
	if !connection.Secret() {
		t.Error("the connection is not secret")
	}
	for where, value := range map[string]property.Map{
		"connection": connection.AsMap(), "proxy": connection.AsMap().Get("proxy").AsMap(),
	} {
		for name, expected := range map[string]property.Value{
			"user": text("root"), "port": property.New(22.0),
			"dialErrorLimit": property.New(10.0), "perDialTimeout": property.New(15.0),
		} {
			if got := value.Get(name); !got.Equals(expected) {
				t.Errorf("%s.%s is %v", where, name, got)
			}
		}
	}
}

func TestASecretInputStaysSecretInTheState(t *testing.T) {
	it := newLife(t, serve(t), localCommand)
	it.create(properties{"create": text("cat >/dev/null"), "stdin": text("word").WithSecret(true)})
	if !it.state.Get("stdin").Secret() {
		t.Errorf("state: %v", it.state)
	}
}

func TestAMissingConnectionIsRefused(t *testing.T) {
	server := serve(t)
	checked, err := server.Check(p.CheckRequest{
		Urn: newLife(t, server, remoteCommand).urn, Inputs: property.NewMap(properties{"create": text("true")}),
	})
	if err != nil || len(checked.Failures) == 0 {
		t.Errorf("got %v, %v", checked.Failures, err)
	}
}

func TestTheEnginesCancelEndsARunningCommand(t *testing.T) {
	sshd := sshtest.Started(t)
	for kind, base := range map[string]properties{remoteCommand: {"connection": connection(sshd)}, localCommand: {}} {
		t.Run(kind, func(t *testing.T) {
			started := filepath.Join(t.TempDir(), "started")
			it := newLife(t, serve(t), kind)
			inputs := it.check(with(base, properties{"create": text("touch " + started + "; sleep 300")}))
			result := make(chan error, 1)
			go func() {
				_, err := it.server.Create(p.CreateRequest{Urn: it.urn, Properties: inputs})
				result <- err
			}()
			waitFor(t, started)
			if err := it.server.Cancel(); err != nil {
				t.Fatal(err)
			}
			select {
			case err := <-result:
				if err == nil || !strings.Contains(err.Error(), "was cancelled") {
					t.Errorf("got %v", err)
				}
			case <-time.After(20 * time.Second):
				t.Error("the command goes on")
			}
		})
	}
}

func waitFor(t *testing.T, path string) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		if _, err := os.Stat(path); err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not appear", path)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestALifeOfACopy(t *testing.T) {
	sshd := sshtest.Started(t)
	target := filepath.Join(t.TempDir(), "sub/target")
	asset := func(content string) property.Value {
		made, err := resource.NewTextAsset(content)
		if err != nil {
			t.Fatal(err)
		}
		return property.New(made)
	}
	base := properties{"connection": connection(sshd), "remotePath": text(target), "source": asset("first")}
	it := newLife(t, serve(t), copyToRemote)
	it.create(base)
	expectContent(t, target, "first")
	if diff := it.diff(base); diff.HasChanges {
		t.Errorf("unchanged inputs differ: %v", diff.DetailedDiff)
	}

	if err := os.WriteFile(target, []byte("changed there"), 0o600); err != nil {
		t.Fatal(err)
	}
	it.update(with(base, properties{"connection": connection(sshd)}))
	expectContent(t, target, "changed there")

	it.update(with(base, properties{"source": asset("second")}))
	expectContent(t, target, "second")
	if diff := it.diff(with(base, properties{"triggers": list("t")})); !replaces(diff) {
		t.Errorf("a new trigger does not replace: %+v", diff)
	}
	it.remove()
	expectContent(t, target, "second")
}

func TestALifeOfACopiedFile(t *testing.T) {
	sshd := sshtest.Started(t)
	folder := t.TempDir()
	source, target := filepath.Join(folder, "source"), filepath.Join(folder, "target")
	if err := os.WriteFile(source, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	base := properties{"connection": connection(sshd), "localPath": text(source), "remotePath": text(target)}
	it := newLife(t, serve(t), copyFile)
	it.create(base)
	expectContent(t, target, "content")
	if diff := it.diff(with(base, properties{"remotePath": text(target + "2")})); !replaces(diff) {
		t.Errorf("another path does not replace: %+v", diff)
	}
}

func expectContent(t *testing.T, path, content string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != content {
		t.Errorf("%s holds %q, %v", path, got, err)
	}
}

func TestTheFunctionRuns(t *testing.T) {
	answer, err := serve(t).Invoke(p.InvokeRequest{
		Token: "command:local:run",
		Args:  property.NewMap(properties{"command": text("echo ran; pwd"), "dir": text("/")}),
	})
	if err != nil || len(answer.Failures) > 0 {
		t.Fatalf("%v, %v", err, answer.Failures)
	}
	if got := answer.Return.Get("stdout").AsString(); got != "ran\n/" {
		t.Errorf("got %q", got)
	}
	if got := fmt.Sprint(answer.Return.Get("command").AsString()); got != "echo ran; pwd" {
		t.Errorf("got %q", got)
	}
}
