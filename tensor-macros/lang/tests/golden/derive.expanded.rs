#[automatically_derived]
#[diagnostic::do_not_recommend]
impl<
    F: Dim,
    E: Float,
    OptionName,
    OptionValue,
> ::formwork::nn::With<OptionName, OptionValue> for Scale<F, E>
where
    E: Default,
{
    type Out = Self;
    type Has = ::formwork::No;
}
#[automatically_derived]
#[diagnostic::do_not_recommend]
impl<F: Dim, E: Float> ::formwork::params::Module for Scale<F, E>
where
    E: Default,
{
    fn visit<'a>(
        &'a self,
        path: &mut ::formwork::params::Path,
        f: &mut dyn ::core::ops::FnMut(
            &::formwork::params::Path,
            ::formwork::params::Item<'a>,
        ),
    ) {
        let _ = (&path, &f);
        path.push("weight");
        ::formwork::params::Module::visit(&self.weight, path, f);
        path.pop();
        path.push("inner");
        ::formwork::params::Module::visit(&self.inner, path, f);
        path.pop();
    }
    fn visit_mut<'a>(
        &'a mut self,
        path: &mut ::formwork::params::Path,
        f: &mut dyn ::core::ops::FnMut(
            &::formwork::params::Path,
            ::formwork::params::ItemMut<'a>,
        ),
    ) {
        let _ = (&path, &f);
        path.push("weight");
        ::formwork::params::Module::visit_mut(&mut self.weight, path, f);
        path.pop();
        path.push("inner");
        ::formwork::params::Module::visit_mut(&mut self.inner, path, f);
        path.pop();
    }
}
#[automatically_derived]
#[diagnostic::do_not_recommend]
impl<F: Dim, E: Float> ::formwork::nn::Kind for Scale<F, E>
where
    E: Default,
{
    type Kind = ::formwork::nn::Custom;
}
