package remote

import (
	"context"

	"github.com/pkg/sftp"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// CopyToRemote copies an asset or an archive to the machine. Deleting the resource leaves the files.
type CopyToRemote struct{}

// Annotate describes the resource to the schema.
func (c *CopyToRemote) Annotate(a infer.Annotator) {
	a.Describe(&c, "Files copied to a remote machine over SFTP.")
}

// CopyToRemoteInputs are the resource's inputs.
type CopyToRemoteInputs struct {
	Connection *Connection          `pulumi:"connection"        provider:"secret"`
	Triggers   *[]any               `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Source     types.AssetOrArchive `pulumi:"source"`
	RemotePath string               `pulumi:"remotePath"`
}

// Annotate describes the inputs to the schema.
func (c *CopyToRemoteInputs) Annotate(a infer.Annotator) {
	a.Describe(&c.Connection, "How to reach the machine.")
	a.Describe(&c.Triggers, "Values of any kind; when one changes, the resource is replaced.")
	a.Describe(&c.Source, "A `FileAsset`, a `StringAsset`, or a `FileArchive`. Archive files are copied as they are; "+
		"folders are copied with all they hold.")
	a.Describe(&c.RemotePath, "Where to. Missing parent folders are made; into an existing folder, a file or folder is "+
		"copied under its own name.")
}

// CopyToRemoteOutputs are the resource's state.
type CopyToRemoteOutputs struct {
	CopyToRemoteInputs
}

// Check refuses sources that cannot be copied before anything is done.
func (c *CopyToRemote) Check(
	ctx context.Context, req infer.CheckRequest,
) (infer.CheckResponse[CopyToRemoteInputs], error) {
	inputs, failures, err := infer.DefaultCheck[CopyToRemoteInputs](ctx, req.NewInputs)
	if err == nil && len(failures) == 0 {
		failures = append(failures, checkSource(inputs.Source)...)
	}
	return infer.CheckResponse[CopyToRemoteInputs]{Inputs: inputs, Failures: failures}, err
}

func checkSource(source types.AssetOrArchive) []p.CheckFailure {
	refuse := func(reason string) []p.CheckFailure {
		return []p.CheckFailure{{Property: "source", Reason: reason}}
	}
	asset, archive := source.Asset, source.Archive
	switch {
	case asset != nil && archive != nil:
		return refuse("it must be an asset or an archive, not both")
	case asset != nil && !asset.IsPath() && !asset.IsText():
		return refuse("an asset must be a file or a text")
	case archive != nil && !archive.IsPath():
		return refuse("an archive must be the path of a file or a folder")
	case asset == nil && archive == nil:
		return refuse("it must be an asset or an archive")
	}
	return nil
}

// Create copies.
func (*CopyToRemote) Create(
	ctx context.Context, req infer.CreateRequest[CopyToRemoteInputs],
) (infer.CreateResponse[CopyToRemoteOutputs], error) {
	id, err := resource.NewUniqueHex("", 8, 0)
	if err == nil && !req.DryRun {
		err = req.Inputs.copy(ctx, p.GetLogger(ctx))
	}
	return infer.CreateResponse[CopyToRemoteOutputs]{ID: id, Output: CopyToRemoteOutputs{req.Inputs}}, err
}

// Update copies again when content or place changed; a changed connection alone is not a reason.
func (*CopyToRemote) Update(
	ctx context.Context, req infer.UpdateRequest[CopyToRemoteInputs, CopyToRemoteOutputs],
) (infer.UpdateResponse[CopyToRemoteOutputs], error) {
	changed := req.Inputs.hash() != req.State.hash() || req.Inputs.RemotePath != req.State.RemotePath
	var err error
	if changed && !req.DryRun {
		err = req.Inputs.copy(ctx, p.GetLogger(ctx))
	}
	return infer.UpdateResponse[CopyToRemoteOutputs]{Output: CopyToRemoteOutputs{req.Inputs}}, err
}

func (c *CopyToRemoteInputs) copy(ctx context.Context, report reporter) error {
	return withSFTP(ctx, c.Connection, report, func(files *sftp.Client) error {
		asset := c.Source.Asset
		switch {
		case asset == nil:
			return copyPath(files, c.Source.Archive.Path, c.RemotePath)
		case asset.IsText():
			return copyText(files, asset.Text, c.RemotePath)
		default:
			return copyPath(files, asset.Path, c.RemotePath)
		}
	})
}

func (c *CopyToRemoteInputs) hash() string {
	switch {
	case c.Source.Archive != nil:
		return c.Source.Archive.Hash
	case c.Source.Asset != nil:
		return c.Source.Asset.Hash
	default:
		return ""
	}
}
