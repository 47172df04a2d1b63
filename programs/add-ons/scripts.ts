/** The shell that puts an add-on into a cluster and removes it. Runs on the control plane; what was cut off may be run again. */
import type { AddOnSpec } from "#app/domain/add-ons/add-on.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import { checkScript } from "#programs/render/check-script.ts";
import { settingsOf } from "#programs/render/profile.ts";
import { admin, again, strict, untilOk } from "#programs/render/scripts.ts";
import type { AddOnProgram, Manifest } from "./add-on.ts";

/** Tells Berth's own objects from those of others. */
const addOnLabel = "berth.dev/add-on";
const folder = "/var/lib/berth/add-ons";

const list = (items: readonly object[]): string => `${JSON.stringify({ apiVersion: "v1", kind: "List", items }, null, 2)}\n`;

const manifestsOf = (spec: ClusterSpec, { version, settings }: AddOnSpec, program: AddOnProgram): readonly Manifest[] =>
  program.manifests({ version, settings, profile: settingsOf(spec) });

const labelled = (manifest: Manifest, id: string): Manifest => ({
  ...manifest,
  metadata: { ...manifest.metadata, labels: { ...manifest.metadata.labels, [addOnLabel]: id } },
});

/** A Kubernetes `List` as JSON, for {@link addOnScript}. */
export const renderAddOn = (spec: ClusterSpec, addOn: AddOnSpec, program: AddOnProgram): string =>
  list(manifestsOf(spec, addOn, program).map((manifest) => labelled(manifest, addOn.id)));

/** Standard input: what {@link renderAddOn} makes. Ends when the add-on works. */
export const addOnScript = (
  spec: ClusterSpec,
  { id, version }: AddOnSpec,
  program: AddOnProgram,
): string => `${strict}${admin}${untilOk(spec)}${again(spec)}mkdir -p ${folder}
cat > ${folder}/${id}.json
again kubectl apply --validate=false -f ${folder}/${id}.json
${Object.entries(program.checks)
  .map(([name, check]) => checkScript(spec, name, check))
  .join("")}echo "add-on ${id} ${version} works"
`;

/** Removes the objects of the version that is there: the text is kept with it. What is gone already is passed over. */
export const removeAddOnScript = (
  spec: ClusterSpec,
  addOn: AddOnSpec,
  program: AddOnProgram,
): string => `${strict}${admin}${again(spec)}mkdir -p ${folder}
cat > ${folder}/${addOn.id}-removal.json <<'OBJECTS'
${list(manifestsOf(spec, addOn, program).map(identityOf).reverse())}OBJECTS
again kubectl delete --ignore-not-found -f ${folder}/${addOn.id}-removal.json
rm -f ${folder}/${addOn.id}.json ${folder}/${addOn.id}-removal.json
echo "add-on ${addOn.id} is removed"
`;

const identityOf = ({ apiVersion, kind, metadata: { name, namespace } }: Manifest): Manifest => ({
  apiVersion,
  kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
});
