using k8s.Models;
using WsIngress.Translation;

namespace WsIngress.Cluster.Status;

/// <summary>Each Ingress of a snapshot with what became of it. Both lists are sorted by namespace and name.</summary>
internal static class Reports
{
    public static IEnumerable<(V1Ingress Ingress, IngressReport Report)> Join(ClusterSnapshot snapshot, TranslationResult result)
    {
        var at = 0;
        foreach (var ingress in snapshot.Ingresses)
        {
            var (space, name) = (ingress.Metadata?.NamespaceProperty ?? "", ingress.Metadata?.Name ?? "");
            while (at < result.Reports.Length && Compare(result.Reports[at], space, name) < 0)
            {
                at++;
            }

            if (at < result.Reports.Length && Compare(result.Reports[at], space, name) == 0)
            {
                yield return (ingress, result.Reports[at]);
            }
        }
    }

    private static int Compare(IngressReport report, string space, string name)
    {
        var order = string.CompareOrdinal(report.Namespace, space);
        return order != 0 ? order : string.CompareOrdinal(report.Name, name);
    }
}
