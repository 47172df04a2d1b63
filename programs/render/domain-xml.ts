/**
 * What the provider cannot say about a libvirt machine, as an XSLT that it runs over its own XML: direct kernel boot,
 * CPU features, the serial console's file, the owner, and no devices that nobody looks at.
 */
import { ownerNamespace } from "#app/domain/cluster/ownership.ts";
import { type ClusterSpec, type MachineSpec, rootDiskOf } from "#app/domain/cluster/spec.ts";
import { kernelCommandLine, settingsOf } from "./profile.ts";

export interface DomainSurroundings {
  readonly kernel: string;
  readonly initrd: string;
  /** Where the serial console is written. */
  readonly consoleFile: string;
  /** Folder of the pool that holds the machine's disks. */
  readonly poolFolder: string;
  /** Rate of the host's time-stamp counter; null when unknown. */
  readonly tscKhz: number | null;
}

export function renderDomainTransform(spec: ClusterSpec, machine: MachineSpec, host: DomainSurroundings): string {
  const settings = settingsOf(spec);
  const without = settings.cpuWithout.map((name) => `<feature policy="disable" name="${name}"/>`).join("");
  return `${head}<xsl:template match="/domain"><xsl:copy><xsl:apply-templates select="@*"/>${owner(spec, machine.name)}<xsl:if test="not(features)"><features><acpi/><apic/></features></xsl:if><xsl:apply-templates select="node()"/></xsl:copy></xsl:template>
<xsl:template match="/domain/metadata"/>
<xsl:template match="/domain/features"><features><acpi/><apic/></features></xsl:template>
<xsl:template match="/domain/os"><xsl:copy><xsl:apply-templates select="node()|@*"/><kernel>${xml(host.kernel)}</kernel><initrd>${xml(host.initrd)}</initrd><cmdline>${xml(kernelCommandLine(settings, host.tscKhz))}</cmdline></xsl:copy></xsl:template>
<xsl:template match="/domain/cpu"><cpu mode="${settings.cpuMode}">${without}</cpu></xsl:template>
<xsl:template match="/domain/devices/console"><xsl:copy><xsl:apply-templates select="node()|@*"/><log append="on"><xsl:attribute name="file">${xml(host.consoleFile)}</xsl:attribute></log></xsl:copy></xsl:template>
<xsl:template match="/domain/devices/disk[target/@dev='vdb']"><xsl:copy><xsl:apply-templates select="@*"/><driver name="qemu" type="raw"/><xsl:apply-templates select="node()[not(self::driver)]"/><readonly/></xsl:copy></xsl:template>
${diskFiles(machine, host.poolFolder)}<xsl:template match="/domain/devices/graphics|/domain/devices/video|/domain/devices/channel|/domain/devices/input|/domain/devices/sound"/>
</xsl:stylesheet>
`;
}

/** Nothing for clusters whose disks are named by volume: a change of the whole text would replace their machines. */
function diskFiles(machine: MachineSpec, poolFolder: string): string {
  if (rootDiskOf(machine).source === "volume") return "";
  return `<xsl:template match="/domain/devices/disk[source/@volume]/@type"><xsl:attribute name="type">file</xsl:attribute></xsl:template>
<xsl:template match="/domain/devices/disk/source[@volume]"><source><xsl:attribute name="file"><xsl:text>${xml(poolFolder)}/</xsl:text><xsl:value-of select="@volume"/></xsl:attribute></source></xsl:template>
`;
}

/** The network of a cluster: only its owner is added. */
export const renderNetworkTransform = (
  spec: ClusterSpec,
): string => `${head}<xsl:template match="/network"><xsl:copy><xsl:apply-templates select="@*"/>${owner(spec, "")}<xsl:apply-templates select="node()"/></xsl:copy></xsl:template>
<xsl:template match="/network/metadata"/>
</xsl:stylesheet>
`;

// No revision in here: a change of this text replaces the machine.
const owner = ({ clusterId, tenantId, stackName }: ClusterSpec, machine: string): string =>
  `<metadata><berth:owner xmlns:berth="${ownerNamespace}" tenant="${xml(tenantId)}" cluster="${xml(clusterId)}" stack="${xml(stackName)}" machine="${xml(machine)}"/></metadata>`;

const head = `<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:output omit-xml-declaration="yes" indent="yes"/>
<xsl:template match="node()|@*"><xsl:copy><xsl:apply-templates select="node()|@*"/></xsl:copy></xsl:template>
`;

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const xml = (text: string): string => text.replace(/[&<>"]/g, (c) => entities[c] ?? c);
