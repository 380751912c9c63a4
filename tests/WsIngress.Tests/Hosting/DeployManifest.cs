using k8s;
using k8s.Models;
using WsIngress.ApiServer;
using WsIngress.Tests.Translation;

namespace WsIngress.Tests.Hosting;

/// <summary>A plain manifest of <c>deploy</c>: the rights that it gives to the pods, and how it starts them.</summary>
internal sealed class DeployManifest
{
    private readonly List<object> _objects;

    private DeployManifest(List<object> objects) => _objects = objects;

    public V1Deployment Deployment => One<V1Deployment>();

    public string Namespace => Deployment.Metadata.NamespaceProperty;

    public string User => $"system:serviceaccount:{Namespace}:{Deployment.Spec.Template.Spec.ServiceAccountName}";

    /// <summary>Of the container, without the command itself.</summary>
    public string[] Arguments => [.. Deployment.Spec.Template.Spec.Containers.Single().Args.Skip(1)];

    /// <summary>Of all Roles that are bound to the pods' account, each where it is bound.</summary>
    public AccessRule[] Rights =>
    [
        .. All<V1ClusterRoleBinding>().Where(binding => IsOurs(binding.Subjects))
            .SelectMany(binding => Rules(All<V1ClusterRole>().Single(role => role.Metadata.Name == binding.RoleRef.Name).Rules, null)),
        .. All<V1RoleBinding>().Where(binding => IsOurs(binding.Subjects))
            .SelectMany(binding => Rules(RulesOf(binding.RoleRef, binding.Metadata.NamespaceProperty), binding.Metadata.NamespaceProperty)),
    ];

    public static DeployManifest Read(string file) => new(KubernetesYaml.LoadAllFromString(File.ReadAllText(Path.Combine(SourceTree.Root, "deploy", file))));

    public T One<T>() => All<T>().Single();

    public IEnumerable<T> All<T>() => _objects.OfType<T>();

    private bool IsOurs(IEnumerable<Rbacv1Subject> subjects) => subjects.Any(subject =>
        subject.Kind == "ServiceAccount" && subject.NamespaceProperty == Namespace && subject.Name == Deployment.Spec.Template.Spec.ServiceAccountName);

    private IEnumerable<V1PolicyRule> RulesOf(V1RoleRef role, string ns) => role.Kind == "ClusterRole"
        ? All<V1ClusterRole>().Single(one => one.Metadata.Name == role.Name).Rules
        : All<V1Role>().Single(one => one.Metadata.Name == role.Name && one.Metadata.NamespaceProperty == ns).Rules;

    private static IEnumerable<AccessRule> Rules(IEnumerable<V1PolicyRule> rules, string? ns) =>
        from rule in rules
        from api in rule.ApiGroups
        from resource in rule.Resources
        from name in rule.ResourceNames is { Count: > 0 } names ? names : new string?[] { null }
        select new AccessRule([.. rule.Verbs], api, resource, ns, name);
}
