using k8s.Models;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Translation;

/// <summary>The whole matrix of class name, legacy annotation, default class and options.</summary>
public sealed class ClassFilterTests
{
    private const string Ours = "wsingress.io/ingress-controller";
    private const string Other = "example.com/other";

    [Theory]
    // spec.ingressClassName alone: the class object's controller decides.
    [InlineData("mine", null, "mine:ours", "", true)]
    [InlineData("mine", null, "mine:other", "", false)]
    [InlineData("mine", null, "mine:ours other:other!", "", true)]
    [InlineData("other", null, "mine:ours! other:other", "", false)]
    // No such class object: only by name, and only our own name.
    [InlineData("wsingress", null, "", "", false)]
    [InlineData("wsingress", null, "", "byname", true)]
    [InlineData("nginx", null, "", "byname", false)]
    [InlineData("nginx", null, "", "byname classless", false)]
    [InlineData("wsingress", null, "wsingress:other", "byname", false)]
    // No class object is read: the name alone.
    [InlineData("wsingress", null, "", "nolookup", true)]
    [InlineData("nginx", null, "", "nolookup", false)]
    [InlineData(null, "wsingress", "", "nolookup", true)]
    [InlineData(null, null, "", "nolookup", false)]
    // The name wins over the annotation.
    [InlineData("mine", "nginx", "mine:ours", "", true)]
    [InlineData("other", "wsingress", "other:other", "", false)]
    // The legacy annotation alone: equal to our class or not, whatever objects and defaults there are.
    [InlineData(null, "wsingress", "", "", true)]
    [InlineData(null, "wsingress", "nginx:other!", "", true)]
    [InlineData(null, "nginx", "", "", false)]
    [InlineData(null, "nginx", "mine:ours!", "classless", false)]
    [InlineData(null, "WsIngress", "", "", false)]
    // An empty name or annotation is none.
    [InlineData("", null, "mine:ours!", "", true)]
    [InlineData("", "", "mine:ours!", "", true)]
    [InlineData("", "", "mine:ours", "", false)]
    [InlineData(null, "", "", "classless", true)]
    // Neither: our default class, or the option.
    [InlineData(null, null, "", "", false)]
    [InlineData(null, null, "mine:ours", "", false)]
    [InlineData(null, null, "mine:ours!", "", true)]
    [InlineData(null, null, "other:other!", "", false)]
    [InlineData(null, null, "other:other! mine:ours!", "", true)]
    [InlineData(null, null, "other:other!", "classless", true)]
    [InlineData(null, null, "", "classless", true)]
    [InlineData(null, null, "", "byname", false)]
    public void An_ingress_is_ours_by_its_class(string? className, string? legacy, string classes, string flags, bool ours)
    {
        var ingress = new V1Ingress
        {
            Metadata = new() { Name = "web", NamespaceProperty = "default" },
            Spec = new() { IngressClassName = className, DefaultBackend = new() { Service = new() { Name = "x", Port = new() { Number = 1 } } } },
        };
        if (legacy is not null)
        {
            ingress.Metadata.Annotations = new Dictionary<string, string> { ["kubernetes.io/ingress.class"] = legacy };
        }

        var options = new TranslationOptions
        {
            IngressClassByName = flags.Contains("byname"),
            WatchIngressWithoutClass = flags.Contains("classless"),
            IngressClassLookup = !flags.Contains("nolookup"),
        };
        var snapshot = new ClusterSnapshot { Ingresses = [ingress], IngressClasses = [.. classes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Class)] };
        var report = Assert.Single(Translator.Translate(snapshot, options).Reports);
        Assert.Equal(ours, report.State != IngressState.Ignored);
        Assert.Equal(ours, report.Reason.Length == 0);
    }

    [Theory]
    [InlineData("True")]
    [InlineData("yes")]
    [InlineData("false")]
    [InlineData("")]
    public void A_class_is_default_only_with_the_word_true(string value)
    {
        var marked = Class("mine:ours!");
        marked.Metadata.Annotations["ingressclass.kubernetes.io/is-default-class"] = value;
        var ingress = new V1Ingress { Metadata = new() { Name = "web", NamespaceProperty = "default" }, Spec = new() };
        var report = Assert.Single(Translator.Translate(new() { Ingresses = [ingress], IngressClasses = [marked] }, TranslationOptions.Default).Reports);
        Assert.Equal(IngressState.Ignored, report.State);
    }

    // name:controller, with ! for the default class
    private static V1IngressClass Class(string text)
    {
        var (name, controller) = (text.Split(':')[0], text.Split(':')[1]);
        return new()
        {
            Metadata = new()
            {
                Name = name,
                Annotations = new Dictionary<string, string> { ["ingressclass.kubernetes.io/is-default-class"] = controller.EndsWith('!') ? "true" : "false" },
            },
            Spec = new() { Controller = controller.TrimEnd('!') == "ours" ? Ours : Other },
        };
    }
}
